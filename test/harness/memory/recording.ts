/** The same object, with the name of each method that is called added to a list at the moment of the call. */
export function recording<T extends object>(name: string, object: T, calls: string[]): T {
  return new Proxy(object, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) => {
        calls.push(`${name}.${String(key)}`);
        return Reflect.apply(member, target, given);
      };
    },
  });
}
