// A directory that is a file of people: connected behind a setup link, brought by hand, fetched from an address, and what
// becomes of a file that cannot be read.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { inspect, reach } from '../lib/browser.mjs';
import { becomeAdministrator, makeCompany } from '../lib/company.mjs';
import { PEOPLE } from '../lib/people.mjs';
import { eventually } from '../lib/process.mjs';
import { browser, frontdesk, sink, stopsWithSuite, suite } from '../lib/suite.mjs';

let files;
suite({}, async () => {
  files = stopsWithSuite(await startFiles());
});

const words = (page) => page.locator('main').innerText();
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

/** A server with one file that wants a secret: `{ url, answer, stop() }`. */
async function startFiles() {
  const it = { answer: '' };
  const server = createServer((request, response) => {
    response.statusCode = request.headers.authorization === 'Bearer s3cret' ? 200 : 403;
    response.end(response.statusCode === 200 ? it.answer : '');
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  it.url = `http://127.0.0.1:${server.address().port}/exports/people-of-the-whole-group-of-companies.csv`;
  it.stop = () => server.close();
  return it;
}

const fileOf = (people, domain, more = '') =>
  `First name,Last name,Email,Country\n${people.map(({ first, last, user, country }) => `${first},${last},${user}@${domain},${country}\n`).join('')}${more}`;
const csv = (text, name = 'people.csv') => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });

for (const javaScript of [true, false]) {
  const how = javaScript ? 'with scripts' : 'without scripts';
  test(`a file of people is brought, changed, and put right where it cannot be read, ${how}`, async () => {
    const domain = javaScript ? 'file.test' : 'file-plain.test';
    const company = await makeCompany(frontdesk, { name: 'Acme', domains: [domain], settings: { self_service: true } });
    const page = await browser.newPerson({ javaScript });
    const shot = (name) => (javaScript ? inspect(page, `file-${name}`) : undefined);
    await becomeAdministrator({ frontdesk, sink, page }, company, `priya@${domain}`);
    const made = await frontdesk.api.post(`/organizations/${company.id}/directories`, { provider: 'nightly-file', status: 'active' });
    const at = `${frontdesk.url}/org/directory/${made.id}/source`;
    const members = async (status) => (await frontdesk.api.members(company.id, { status })).length;
    const bring = async (text, name) => {
      await page.getByLabel('Or the file itself').setInputFiles(csv(text, name));
      await page.getByRole('button', { name: /^Check/ }).click();
    };
    const outcome = (what) => eventually(`the page tells ${what}`, async () => {
      await page.goto(at);
      return what.test(await words(page));
    });

    await page.goto(`${frontdesk.url}/org/directory`);
    await page.getByRole('link', { name: /How we read it/ }).click();
    await heading(page, 'The file of people');
    assert.match(await words(page), /Nothing has been entered yet/);
    await shot('empty');
    await reach(page, page.getByRole('button', { name: /^Check/ }));
    await page.keyboard.press('Enter');
    await page.getByText('Expected an address, or the file itself below').waitFor();
    await page.getByLabel('Hour of the night, in UTC').fill('25 Uhr');
    await bring('%PDF-1.7 …', 'people.pdf');
    await page.getByText('Expected an hour from 0 to 23').waitFor();
    await shot('wrong');
    await page.getByLabel('Hour of the night, in UTC').fill('3');
    await bring('%PDF-1.7 …', 'people.pdf');
    await page.getByText(/PDF/).first().waitFor();

    const trouble = `Bea,Keller,bea at acme,DE\nJonas,Weber,jonas@${domain},DE\n`;
    await bring(fileOf(PEOPLE, domain, trouble));
    await page.getByText('Kept', { exact: true }).waitFor();
    await outcome(/8\s+people listed/);
    assert.match(await words(page), /Row 10: no address that can be read[\s\S]*Row 11: the same address/);
    await shot('read');
    assert.equal((await frontdesk.api.members(company.id)).length, 9);
    if (!javaScript) return; // The forms are the same; each reading takes its seconds.
    files.answer = fileOf(PEOPLE.slice(1), domain);
    await page.getByLabel('Address of the file').fill(files.url);
    await page.getByRole('button', { name: /^Check/ }).click();
    await page.getByText('answered with status 403').waitFor();
    assert.equal(await page.getByLabel('Address of the file').inputValue(), files.url, 'what was typed is kept');
    await shot('refused');
    await page.getByLabel('Authorization').fill('Bearer s3cret');
    await page.getByRole('button', { name: /^Check/ }).click();
    await page.getByText('Kept', { exact: true }).waitFor();
    await outcome(/1\s+no longer listed/);
    assert.equal(await members('disconnected'), 1, 'who is no longer in the file has left');
    files.answer = '';
    assert.doesNotMatch(await page.content(), /s3cret/);
    await page.getByRole('button', { name: 'Read now' }).click();
    await outcome(/The last reading failed; nobody was removed/);
    await shot('failed');
    assert.equal(await members('disconnected'), 1, 'an empty file removes nobody');
  });
}

test('a company connects a file behind a setup link', async () => {
  const company = await makeCompany(frontdesk, { name: 'Beta', domains: ['beta.test'] });
  const link = await frontdesk.api.post(`/organizations/${company.id}/setup-links`, { purposes: ['scim'], expires_in: 86400 });
  const page = await browser.newPerson();
  await page.goto(`${link.url}/scim/providers`);
  await page.getByLabel(/search/i).fill('nightly');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByRole('button', { name: /Nightly file/ }).first().click();
  await heading(page, 'Prepare the file');
  await inspect(page, 'file-wizard-steps');
  await page.locator('main').getByRole('link', { name: 'The file is ready' }).click();
  await heading(page, 'Where the file is');
  await inspect(page, 'file-wizard-source');
  await page.getByLabel('Or the file itself').setInputFiles(csv(fileOf(PEOPLE, 'beta.test')));
  await page.getByRole('button', { name: /^Check/ }).click();
  await page.getByText('O Æ').first().waitFor();
  await page.goto(`${link.url}/scim/live`);
  await page.getByRole('button', { name: /Go live with 8 people/ }).click();
  await eventually('they are members', async () => (await frontdesk.api.members(company.id)).length === 8);
});
