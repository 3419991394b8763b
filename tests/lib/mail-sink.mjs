// Owns an SMTP server that keeps what it is sent. Speaks plain SMTP on 127.0.0.1: transport security is tested
// elsewhere.
import { once } from 'node:events';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { eventually } from './process.mjs';

/** Starts it. `mails` holds each mail as mailparser reads it, with `to` and `links` made plain. */
export async function startMailSink() {
  const mails = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      simpleParser(stream).then((mail) => {
        const recipients = session.envelope.rcptTo.map((to) => to.address);
        const links = [...(mail.text ?? '').matchAll(/https?:\/\/[^\s<>"\])]+/g)].map((link) => link[0]);
        mails.push({ recipients, subject: mail.subject, text: mail.text, html: mail.html || undefined, links });
        done();
      }, done);
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address();
  return {
    port,
    mails,
    /** The first mail to `address` that `test` accepts; waits for it. */
    mailTo(address, test = () => true) {
      return eventually(`a mail to ${address}`, () =>
        mails.find((mail) => mail.recipients.includes(address) && test(mail)));
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}
