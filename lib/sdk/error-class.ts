type ServiceException = new (options: object) => Error;

/**
 * Makes the classes of a service's errors, in place of those that the SDK writes out one by one (see tools/build/error-classes.ts).
 * An error keeps its class, shape, name and fault; the SDK gives it its message, its metadata and its other members.
 *
 * @param Base what all errors of the service extend
 * @param namespace of the service's shapes, such as `com.amazonaws.kms`
 */
export function errorClasses(Base: ServiceException, namespace: string) {
  return (name: string, $fault = 'client') =>
    class extends Base {
      static shapeId = `${namespace}#${name}`;

      constructor(options: object) {
        super({ name, $fault, ...options });
        Object.setPrototypeOf(this, new.target.prototype); // the base has set its own
      }
    };
}
