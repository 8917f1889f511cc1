/**
 * Takes the place of the SDK's module of event streams in the bundles (see tools/build/sdk-stand-ins.ts): no operation of ours
 * streams events. It is a file of its own since the SDK loads that module by `import()`, which keeps all of it in a bundle.
 */
import { leftOut } from './left-out.ts';

export const EventStreamSerde = leftOut('EventStreamSerde');
