// A leaver turns the account into a personal one that the employer no longer sees.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from '../lib/browser.mjs';
import { connectDirectory, makeCompany } from '../lib/company.mjs';
import { patchOf, scimClient } from '../lib/scim-client.mjs';
import { browser, frontdesk, sink, suite } from '../lib/suite.mjs';

suite();

for (const javaScript of [true, false]) {
  test(`leaver keeps the account under a private address, ${javaScript ? 'with' : 'without'} scripts`, async () => {
    const domain = javaScript ? 'delta.test' : 'delta-plain.test';
    const work = `daniel@${domain}`;
    const home = `daniel-${javaScript ? 1 : 2}@home.test`;
    const company = await makeCompany(frontdesk, { name: 'Delta', domains: [domain], settings: { defaults: { country: 'GB' } } });
    const scim = scimClient(await connectDirectory(frontdesk, company));
    const { body: user } = await scim('POST', '/Users', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: work, active: true, name: { givenName: 'Daniel', familyName: 'Cohen' },
    });
    const page = await browser.newPerson({ javaScript });
    const shot = (name) => (javaScript ? inspect(page, `claim-${name}`) : undefined);
    const invitation = await sink.mailTo(work);
    await page.goto(invitation.links.find((link) => link.includes('/invite/')));
    await page.getByLabel(/password/i).fill('the work password of Daniel');
    await page.getByRole('button', { name: /accept/i }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();

    await scim('PATCH', `/Users/${user.id}`, patchOf({ op: 'replace', path: 'active', value: false }));
    const mail = await sink.mailTo(work, ({ links }) => links.some((link) => link.includes('/claim/')));
    await page.goto(mail.links.find((link) => link.includes('/claim/')));
    await page.getByRole('heading', { level: 1, name: /keep your account/i }).waitFor();
    await shot('offer');

    await page.getByLabel(/personal email/i).fill(work);
    await page.getByLabel(/password/i).fill('a password of his own');
    await page.getByRole('button', { name: /confirm/i }).click();
    await page.getByLabel(/personal email/i).waitFor();
    assert.equal(await page.getByLabel(/personal email/i).inputValue(), work, 'what was typed is kept');
    assert.equal(await page.getByLabel(/personal email/i).getAttribute('aria-invalid'), 'true');
    await shot('work-address');

    await page.getByLabel(/personal email/i).fill(home);
    await page.getByLabel(/password/i).fill('a password of his own');
    await page.getByRole('button', { name: /confirm/i }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await shot('mail-sent');
    const confirmation = await sink.mailTo(home);
    await page.goto(confirmation.links[0]);
    const confirm = page.getByRole('button', { name: /confirm|keep/i });
    if (await confirm.count()) await confirm.first().click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await shot('kept');

    const later = await browser.newPerson({ javaScript });
    await later.goto(`${frontdesk.url}/login`);
    await later.getByLabel('Email address').fill(home);
    await later.getByRole('button', { name: 'Continue with SSO' }).click();
    await later.getByLabel('Password').fill('a password of his own');
    await later.getByRole('button', { name: 'Sign in', exact: true }).click();
    await later.waitForURL(`${frontdesk.url}/account`);

    const seen = JSON.stringify(await frontdesk.api.members(company.id));
    assert.ok(!seen.includes(home), 'the employer does not see the private address');
    await page.goto(mail.links.find((link) => link.includes('/claim/')));
    assert.equal(await page.getByRole('button', { name: /send me a mail/i }).count(), 0, 'the offer can be taken once');
  });
}
