import type { Evidence } from './session.ts';

/** What a proof adds to a session. */
export type Proof = Pick<Evidence, 'amr'> & Partial<Pick<Evidence, 'acr'>>;

/** What a session rests on after one more proof. */
export function combineEvidence({ amr, acr }: Evidence, proof: Proof, now: number): Evidence {
  return {
    authTime: now,
    amr: [...new Set([...amr, ...proof.amr])],
    acr: proof.acr === 'aal2' ? 'aal2' : acr,
  };
}
