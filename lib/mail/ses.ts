import { SESClient, SESServiceException, SendEmailCommand } from '@aws-sdk/client-ses';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { type Mailer, MailNotSentError, UndeliverableMailError } from '../core/reset-mail.ts';
import type { Mail } from './layout.ts';
import { type Sender, senderHeader } from './sender.ts';
import { lockedMail, type MailSettings, passwordChangedMail, resetLinkMail } from './templates.ts';

/**
 * Sends mail through SES. The SDK's own retries are few: the stream that feeds us retries for hours.
 *
 * @param from a sender that SES has verified
 * @param settings what mails look like and where their links lead
 * @param configurationSet where SES reports bounces and complaints; none locally
 */
export function sesMailer(
  from: Sender,
  settings: MailSettings,
  configurationSet: string | undefined,
): Mailer {
  const client = new SESClient({
    credentials: fromEnv(),
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  });

  async function send(to: string, { subject, text, html }: Mail): Promise<void> {
    const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
    const command = new SendEmailCommand({
      Source: senderHeader(from),
      ConfigurationSetName: configurationSet,
      Destination: { ToAddresses: [to] },
      Message: { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } },
    });
    try {
      await client.send(command);
    } catch (cause) {
      // What SES says of an address that it cannot read, such as `a..b@example.com`, which HTML's syntax allows.
      if (cause instanceof SESServiceException && cause.name === 'InvalidParameterValue')
        throw new UndeliverableMailError('SES cannot read the address', { cause });
      // An answer of SES that is an error was not accepted; without an answer there is no telling.
      if (cause instanceof SESServiceException)
        throw new MailNotSentError(`SES refused: ${cause.name}`, { cause });
      throw cause;
    }
  }

  return {
    sendResetLink: (to, name, tag, minutes, language) =>
      send(to, resetLinkMail(settings, { name, language }, tag, minutes)),
    sendLocked: (to, name, tag, minutes, language) =>
      send(to, lockedMail(settings, { name, language }, tag, minutes)),
    sendPasswordChanged: (to, name, language) => send(to, passwordChangedMail(settings, { name, language })),
  };
}
