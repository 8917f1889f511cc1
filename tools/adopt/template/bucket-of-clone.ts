// A stack that `npx serverless deploy` made in a clone has a bucket for the code of its releases. The package has no
// use for it, yet without it that clone could not deploy again: the stack could not be rolled back.
import type { Template } from './types.ts';

const RESOURCES = ['ServerlessDeploymentBucket', 'ServerlessDeploymentBucketPolicy'];
const OUTPUTS = ['ServerlessDeploymentBucketName'];

/**
 * The template with the clone's bucket, if the deployed one has it.
 *
 * @param deployed `undefined` if nothing is deployed
 */
export function withBucketOfClone(template: Template, deployed: Template | undefined): Template {
  return {
    ...template,
    Resources: { ...template.Resources, ...pick(deployed?.Resources, RESOURCES) },
    Outputs: { ...template.Outputs, ...pick(deployed?.Outputs, OUTPUTS) },
  };
}

function pick<T>(from: Readonly<Record<string, T>> = {}, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
}
