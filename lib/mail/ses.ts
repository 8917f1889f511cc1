import { SESClient, SendEmailCommand, type SendEmailRequest } from '@aws-sdk/client-ses';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { type Mailer, MailNotSentError, type MailToSend } from '../core/send-due-mail.ts';
import { type Sender, senderHeader } from './sender.ts';
import { type MailSettings, writeMail } from './templates.ts';

/**
 * Sends mail through SES, one attempt for each call: if the SDK retried after a timeout, the owner might get two mails. The
 * outbox counts tries, and its stream retries for hours.
 *
 * @param from a sender that SES has verified
 * @param settings the look of mails and the targets of their links
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
        // SES refuses a call without a message, which shows that it answers. Any other call would need another permission,
        // on every resource.
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
 * Whether SES may have accepted a mail although the call failed: it gave no answer, or a 5xx. Every other answer is a
 * refusal, and never certainly the recipient's fault: `InvalidParameterValue` may also be about the sender.
 */
function outcomeUnknown(error: unknown): boolean {
  // The SDK also notes the status of an answer that it can't parse: with a 2xx the mail was accepted.
  const { httpStatusCode: status = 500 } = (error as { $metadata?: ResponseMetadata }).$metadata ?? {};
  return status < 400 || status >= 500;
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : typeof error);
