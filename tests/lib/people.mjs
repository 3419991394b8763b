// Owns people as they really are called: names in several scripts, from right to left, very long and very short, and
// addresses as long as they may be; and how a directory says one of them in SCIM.

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';

/** First name, last name, country. The last one's address is as long as an address may be before its domain. */
export const PEOPLE = [
  { first: 'Jonas', last: 'Weber', country: 'DE', user: 'jonas' },
  { first: 'فاطمة الزهراء', last: 'السيد عبد الرحمن', country: 'EG', user: 'fatima' },
  { first: 'ליאור', last: 'בן־דוד', country: 'IL', user: 'lior' },
  { first: '美咲', last: '佐藤', country: 'Japan', user: 'misaki' },
  { first: 'Αλέξανδρος', last: 'Παπαδόπουλος', country: 'Greece', user: 'alexandros' },
  { first: 'Nguyễn Thị', last: 'Ái', country: 'VN', user: 'ai' },
  { first: 'O', last: 'Æ', country: 'NO', user: 'o' },
  {
    first: 'Adolph Blaine Charles David', last: 'Wolfeschlegelsteinhausenbergerdorff-Hohenlohe-Waldenburg', country: 'US',
    user: 'adolph.blaine.charles.david.wolfeschlegelsteinhausenbergerdorff1',
  },
];

/** The body of a SCIM user. `more` adds to it or takes away from it. */
export function scimUser({ first, last, country, user }, domain, more = {}) {
  const userName = `${user}@${domain}`;
  return {
    schemas: [USER], userName, active: true, name: { givenName: first, familyName: last }, emails: [{ value: userName, primary: true }],
    ...(country ? { addresses: [{ type: 'work', primary: true, country }] } : {}), ...more,
  };
}

/** `count` plain people beside those, all of them different. */
export const crowd = (count, country = 'DE') =>
  Array.from({ length: count }, (_, n) => ({ first: `Person ${n + 1}`, last: `Number ${n + 1}`, country, user: `person-${n + 1}` }));
