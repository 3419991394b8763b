// Single sign-on that is required, the ways back in, and a refused sign-in explained to everybody it concerns.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from '../lib/browser.mjs';
import { connectSaml, makeCompany } from '../lib/company.mjs';
import { arriveAt, passOn, signInAtSimpleSamlPhp, startSimpleSamlPhp } from '../lib/simplesamlphp.mjs';
import { browser, frontdesk, sink, stopsWithSuite, suite } from '../lib/suite.mjs';

const person = (id, email, role) => ({ password: `${id}-secret`, attributes: { id, email, firstName: id, lastName: 'Lee', country: 'GB', role } });
const USERS = {
  ada: person('ada', 'ada@acme.test', 'admin'),
  bob: person('bob', 'bob@acme.test', 'member'),
  eve: person('eve', 'eve@elsewhere.test', 'member'),
};

let idp, company;
suite({}, async () => {
  idp = stopsWithSuite(await startSimpleSamlPhp({ users: USERS }));
  company = await makeCompany(frontdesk, { settings: { jit: true, self_service: true } });
  await connectSaml(frontdesk, company, idp);
});

const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const press = (page, name) => page.getByRole('button', { name }).click();
const words = (page) => page.locator('main').innerText();

async function throughProvider(page, user, where) {
  await page.goto(`${frontdesk.url}/login?return_to=${encodeURIComponent(where)}`);
  await page.getByLabel('Email address').fill(`${user === 'eve' ? 'bob' : user}@acme.test`);
  await press(page, 'Continue with SSO');
  await arriveAt(page, idp);
  await signInAtSimpleSamlPhp(page, user, `${user}-secret`);
  await passOn(page, idp);
}

test('administrator requires single sign-on, comes in by a recovery code, and opens another way for a time', async () => {
  const ada = await browser.newPerson();
  await throughProvider(ada, 'ada', '/org/sign-on/required');
  await heading(ada, 'Who must use single sign-on');
  await throughProvider(await browser.newPerson(), 'bob', '/account');
  const byMail = await browser.newPerson();
  await byMail.goto(`${frontdesk.url}/login/other`);
  await byMail.getByLabel('Email address').fill('bob@acme.test');
  await press(byMail, 'Show my ways');
  await press(byMail, 'Email me a sign-in link');
  const link = ({ links }) => links.find((it) => it.includes('/signin/'));
  await byMail.goto(link(await sink.mailTo('bob@acme.test', link)));
  await press(byMail, /sign in/i);
  await byMail.waitForURL(`${frontdesk.url}/account`);
  await ada.reload();
  await inspect(ada, 'required-before');
  await ada.getByRole('link', { name: 'acme.test' }).click();
  await heading(ada, 'Require single sign-on for acme.test');
  assert.match(await words(ada), /bob@acme\.test/);
  assert.match(await words(ada), /One person will be signed out/);
  await inspect(ada, 'require');
  await press(ada, /Require single sign-on/);
  await heading(ada, 'Your recovery codes');
  await byMail.goto(`${frontdesk.url}/account`);
  await byMail.waitForURL((url) => url.pathname === '/login');
  const codes = (await ada.getByLabel('Recovery codes').inputValue()).split(/\s+/);
  assert.equal(codes.length, 10);
  await inspect(ada, 'recovery-codes');
  const [file] = await Promise.all([ada.waitForEvent('download'), ada.getByRole('link', { name: 'Download as text' }).click()]);
  assert.equal(file.suggestedFilename(), 'recovery-codes.txt');

  // Bob has no other way now, and is told so calmly.
  const bob = await browser.newPerson({ javaScript: false });
  await bob.goto(`${frontdesk.url}/login/other`);
  await inspect(bob, 'login-other');
  await bob.getByLabel('Email address').fill('bob@acme.test');
  await press(bob, 'Show my ways');
  await heading(bob, 'Acme signs you in');
  await inspect(bob, 'login-closed');

  const elsewhere = await browser.newPerson();
  await elsewhere.goto(`${frontdesk.url}/login/recovery?return_to=/org/sign-on/required`);
  await elsewhere.getByLabel('Work address').fill('ada@acme.test');
  await elsewhere.getByLabel('Recovery code').fill('K7QD9-MX2PT-4VH8Z-C0RWA');
  await press(elsewhere, 'Sign in');
  await elsewhere.getByText('This is no code').waitFor();
  await inspect(elsewhere, 'login-recovery');
  await elsewhere.getByLabel('Recovery code').fill(codes[0].toLowerCase());
  await press(elsewhere, 'Sign in');
  await heading(elsewhere, 'Who must use single sign-on');
  assert.match(await words(elsewhere), /You have 9/);
  assert.match((await sink.mailTo('ada@acme.test')).subject ?? '', /./);

  await elsewhere.getByLabel('For whom').fill('acme.test');
  await elsewhere.getByLabel('Why').fill('the provider is being moved');
  await press(elsewhere, 'Open it');
  await elsewhere.getByText('Another way is open').waitFor();
  await inspect(elsewhere, 'required-open');
  await ada.goto(`${frontdesk.url}/org/members`);
  await ada.getByText(/People may sign in without single sign-on until/).waitFor();
  await bob.goto(`${frontdesk.url}/login`);
  await bob.getByLabel('Email address').fill('bob@acme.test');
  await press(bob, 'Continue with SSO');
  await heading(bob, 'Acme has opened another way');
  await inspect(bob, 'login-opened');
  await elsewhere.getByRole('button', { name: /End it now/ }).click();
  await elsewhere.getByText('Closed again').waitFor();
});

test('refused sign-in is calm for the person, explained to the administrator and shared by a link', async () => {
  const eve = await browser.newPerson();
  await throughProvider(eve, 'eve', '/account');
  await heading(eve, /not one of your company/);
  const reference = (await words(eve)).match(/ref_[0-9a-z]{26}/)?.[0]
    ?? await eve.getByLabel('Reference').inputValue();
  assert.match(reference, /^ref_/);
  await inspect(eve, 'refused');

  const ada = await browser.newPerson();
  await throughProvider(ada, 'ada', '/org/sign-ins');
  await heading(ada, 'Sign-ins');
  await inspect(ada, 'org-sign-ins');
  await ada.getByLabel('Reference or email').fill(reference);
  await press(ada, 'Search');
  await heading(ada, /no verified domain of Acme/);
  assert.match(await words(ada), /eve@elsewhere\.test/);
  assert.doesNotMatch(await ada.locator('pre').innerText(), /eve@elsewhere/);
  await inspect(ada, 'org-sign-in');
  await ada.getByLabel('Why').fill('Eve called');
  await press(ada, 'Show personal data');
  assert.match(await ada.locator('pre').innerText(), /eve@elsewhere\.test/);
  await ada.getByLabel('It works for').selectOption({ label: 'One hour' });
  await press(ada, 'Make a link');
  const link = await ada.getByLabel('Link to this explanation').inputValue();
  await inspect(ada, 'org-sign-in-shared');
  const support = await browser.newPerson({ javaScript: false });
  await support.goto(link);
  await heading(support, /no verified domain of Acme/);
  assert.doesNotMatch(await words(support), /eve@elsewhere/);
  await inspect(support, 'shared-explanation');
  await ada.getByRole('button', { name: /End it/ }).first().click();
  await heading(ada, /no verified domain of Acme/);
  await support.reload();
  await heading(support, 'This link has ended');
});
