import { SESClient, SendEmailCommand, type SendEmailRequest } from '@aws-sdk/client-ses';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { type Mailer, MailNotSentError, type MailToSend } from '../core/send-due-mail.ts';
import { type Sender, senderHeader } from './sender.ts';
import { type MailSettings, writeMail } from './templates.ts';

/**
 * Sends mail through SES, one attempt a call: an attempt that the SDK made after one that timed out would be a second
 * mail. The stream that feeds us tries again for hours, and counts.
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
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  });
  const Source = senderHeader(from);

  return {
    async send(mail) {
      try {
        await client.send(new SendEmailCommand(requestFor(mail)));
      } catch (cause) {
        throw outcomeUnknown(cause)
          ? cause
          : new MailNotSentError(`SES refused: ${nameOf(cause)}`, { cause });
      }
    },

    async answers() {
      try {
        // Without a message SES refuses it, and by that shows that it is there. Asking for anything else would take
        // another permission, on every resource.
        await client.send(new SendEmailCommand({ Source, Destination: {}, Message: undefined }));
        return true;
      } catch (error) {
        return !outcomeUnknown(error);
      }
    },
  };

  function requestFor(mail: MailToSend): SendEmailRequest {
    const { subject, text, html } = writeMail(settings, mail);
    const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
    return {
      Source,
      ConfigurationSetName: configurationSet,
      Destination: { ToAddresses: [mail.to] },
      Message: { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } },
    };
  }
}

type ResponseMetadata = { httpStatusCode?: number };

/**
 * Whether SES may have accepted a mail although the call failed: it gave no answer, or one that says its own trouble.
 * Everything else it refused, and none of that is surely the recipient's fault: `InvalidParameterValue` may speak of the
 * sender as well.
 */
function outcomeUnknown(error: unknown): boolean {
  // The SDK notes the status of an answer that it cannot read, too: a success among them was one.
  const { httpStatusCode: status = 500 } = (error as { $metadata?: ResponseMetadata }).$metadata ?? {};
  return status < 400 || status >= 500;
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : typeof error);
