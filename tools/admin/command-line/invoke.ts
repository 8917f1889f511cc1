// Runs one function: the current code against the local stack, or what is deployed.
import { InvokeCommand, LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { readService } from '../../deploy/service.ts';
import { typed } from '../../folders.ts';
import { dynamodbEndpoint, functionEnvironment } from '../../local/environment.ts';
import { openFunctions } from '../../local/functions.ts';
import { OperatorError } from './operator-error.ts';
import { type PlaceOptions, regionOf } from './place.ts';

/**
 * What the function of this name answers to an event.
 *
 * @throws OperatorError when the local stack doesn't run, the function isn't deployed, or it fails
 */
export async function invokeFunction(name: string, event: object, place: PlaceOptions): Promise<unknown> {
  return place.stage === undefined ? invokeHere(name, event) : invokeDeployed(name, event, place);
}

async function invokeHere(name: string, event: object): Promise<unknown> {
  const endpoint = dynamodbEndpoint(process.env);
  await fetch(endpoint).catch(() => {
    throw new OperatorError(
      `The local DynamoDB does not answer at ${endpoint}: run \`${typed('start')}\` in another terminal first.`,
    );
  });
  const service = await readService();
  const functions = await openFunctions({
    names: [name],
    environment: () => functionEnvironment(service, name, process.env),
  });
  try {
    return await functions.invoke(name, event);
  } catch (error) {
    throw new OperatorError(`The function ${name} failed: ${(error as Error).message.split('\n', 1)[0]}`);
  } finally {
    await functions.stop();
  }
}

async function invokeDeployed(name: string, event: object, place: PlaceOptions): Promise<unknown> {
  const service = await readService();
  const region = regionOf(service, place);
  const functionName = `${service.service}-${place.stage}-${name}`;
  const client = new LambdaClient({
    region,
    ...(place.awsProfile !== undefined && { profile: place.awsProfile }),
  });
  try {
    const { Payload, FunctionError } = await client.send(
      new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(event) }),
    );
    const answer = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null') as { errorMessage?: string };
    if (FunctionError === undefined) return answer;
    throw new OperatorError(`The function ${name} failed: ${answer.errorMessage ?? 'its log says why'}.`);
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    throw new OperatorError(
      `There is no function ${functionName} in ${region}: deploy it first, or correct --stage and --region.`,
    );
  } finally {
    client.destroy();
  }
}
