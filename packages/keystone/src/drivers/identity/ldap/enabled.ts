import type { EnabledOptions } from './ldap-options.ts';

/**
 * Whether an account is enabled, from what stands in the directory. What cannot be read is disabled, also where the
 * attribute is a lock: an account is never enabled by mistake.
 *
 * @param value the attribute's, in whatever case (`TRUE`, `true`, `False`); undefined when the entry has none.
 */
export function readEnabled(value: string | undefined, { mask, invert, initial }: EnabledOptions): boolean {
  const text = (value ?? initial).trim();
  if (mask !== 0) {
    // Bits of Active Directory's userAccountControl: the masked ones say that the account is disabled.
    if (!/^-?\d{1,15}$/.test(text)) return false;
    return (BigInt(text) & BigInt(mask)) !== BigInt(mask);
  }
  const truth = truthOf(text);
  return truth !== undefined && truth !== invert;
}

function truthOf(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (word === 'true' || word === 'yes' || word === 'on') return true;
  if (word === 'false' || word === 'no' || word === 'off' || word === '') return false;
  return /^-?\d{1,15}$/.test(word) ? Number(word) !== 0 : undefined;
}
