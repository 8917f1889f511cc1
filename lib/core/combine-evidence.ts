import type { Evidence } from './session.ts';

/** What a proof adds to a session. */
export type Proof = Pick<Evidence, 'amr'> & Partial<Pick<Evidence, 'acr'>>;

/** The evidence of a session after one more proof. The level is never lowered. */
export function combineEvidence({ amr, acr }: Evidence, proof: Proof, now: number): Evidence {
  return {
    authTime: now,
    amr: [...new Set([...amr, ...proof.amr])],
    acr: proof.acr === 'aal2' ? 'aal2' : acr,
  };
}
