// Owns what most stories begin with: a company made through the REST API, its connection or directory, and an
// application registered at Frontdesk. Uses nothing but the documented API.
import assert from 'node:assert/strict';

/** A company whose domains the API token attests. `settings` are what PATCH /organizations takes. */
export async function makeCompany(frontdesk, { name = 'Acme', domains = ['acme.test'], settings } = {}) {
  const company = await frontdesk.api.post('/organizations', { name, domains });
  assert.deepEqual(company.domains.map(({ name: domain, status }) => [domain, status]), domains.map((domain) => [domain, 'verified']));
  if (settings) await frontdesk.api.patch(`/organizations/${company.id}`, settings);
  return company;
}

/** An active SAML connection of the company, trusted by the identity provider through our own metadata document. */
export async function connectSaml(frontdesk, company, idp) {
  const connection = await frontdesk.api.post(`/organizations/${company.id}/connections`, {
    protocol: 'saml', provider: 'generic-saml', metadata_xml: idp.metadata, status: 'active',
  });
  assert.equal(connection.status, 'active');
  const metadata = await fetch(connection.saml.metadata_url);
  assert.equal(metadata.status, 200, connection.saml.metadata_url);
  idp.trust(await metadata.text());
  return connection;
}

/** An active OpenID Connect connection of the company, with a client of its own at the provider. */
export async function connectOidc(frontdesk, company, provider, more = {}) {
  const { clientId, clientSecret } = provider.addClient({ redirectUri: 'http://127.0.0.1/not-known-yet', ...more });
  const connection = await frontdesk.api.post(`/organizations/${company.id}/connections`, {
    protocol: 'oidc', provider: 'generic-oidc', issuer: provider.issuer, client_id: clientId, client_secret: clientSecret, status: 'active',
  });
  assert.equal(connection.status, 'active');
  provider.setRedirectUris(clientId, [connection.oidc.redirect_uri], [connection.oidc.post_logout_redirect_uri]);
  return connection;
}

/** An active directory of the company: `{ id, base_url, token }`. */
export async function connectDirectory(frontdesk, company, provider = 'custom-scim2') {
  const directory = await frontdesk.api.post(`/organizations/${company.id}/directories`, { provider, status: 'active' });
  assert.equal(directory.status, 'active');
  return { id: directory.id, ...directory.scim };
}

/** Registers the application with everything it can do, and has it read our discovery document. */
export async function registerApplication(frontdesk, application, { alg = 'RS256', post = false } = {}) {
  const registered = await frontdesk.api.post('/applications', {
    name: 'Product',
    redirect_uris: [application.redirectUri],
    post_logout_redirect_uris: [application.postLogoutRedirectUri],
    backchannel_logout_uri: application.backchannelLogoutUri,
    id_token_signed_response_alg: alg,
    token_endpoint_auth_method: post ? 'client_secret_post' : 'client_secret_basic',
  });
  await application.connect({ issuer: frontdesk.url, clientId: registered.client_id, clientSecret: registered.client_secret, alg, post });
  application.scope = application.metadata().scopes_supported.join(' ');
  return registered;
}

/** Answers the page that asks for what the provider did not send, if it comes; says whether it did. */
export async function completeProfile(page, application, { country }) {
  const select = page.getByLabel(/country/i);
  await Promise.race([select.waitFor(), page.waitForURL(`${application.url}/`)]);
  if (page.url() === `${application.url}/`) return false;
  await select.selectOption(country);
  await page.getByRole('button', { name: /continue/i }).click();
  await page.waitForURL(`${application.url}/`);
  return true;
}

/** What a sign-in must have given the application, whatever the company uses. */
export function assertSignedIn(signIn, company, expected) {
  const { claims, userinfo, tokens } = signIn;
  for (const [source, all] of Object.entries({ 'the ID token': claims, userinfo })) {
    assert.ok(all.sub, `${source} has a sub`);
    for (const [name, value] of Object.entries({ org_id: company.id, org_name: company.name, email_verified: true, ...expected })) {
      assert.equal(all[name], value, `${name} in ${source}`);
    }
  }
  assert.equal(userinfo.sub, claims.sub);
  assert.equal(tokens.token_type.toLowerCase(), 'bearer');
  assert.ok(tokens.expires_in > 0);
}

/** Priya Raman, who administers the company by an invitation mail and a password of her own. */
export async function becomeAdministrator({ frontdesk, sink, page }, company, email, look = async () => {}) {
  const form = new FormData();
  form.append('file', new Blob([`First name,Last name,Email,Country,Role\nPriya,Raman,${email},GB,admin\n`]), 'admin.csv');
  await frontdesk.api.post(`/organizations/${company.id}/imports?mode=all`, form);
  const { links } = await sink.mailTo(email);
  await page.goto(links.find((link) => link.includes('/invite/')));
  await look('invite');
  await page.getByLabel(/password/i).fill('a long password of Priya');
  await page.getByRole('button', { name: /accept/i }).click();
  await page.getByRole('heading', { level: 1 }).waitFor();
}

/** Maren Okafor, who operates Frontdesk by the one-time link of its first start. */
export async function becomeOperator({ frontdesk, page }) {
  await page.goto(frontdesk.operatorLink());
  await page.getByLabel('Your name').fill('Maren Okafor');
  await page.getByLabel('Email address').fill('maren@northwind.test');
  await page.getByLabel(/password/i).fill('a long password of Maren');
  await page.getByRole('button', { name: /open the console/i }).click();
  await page.getByRole('heading', { level: 1, name: 'Organizations' }).waitFor();
}
