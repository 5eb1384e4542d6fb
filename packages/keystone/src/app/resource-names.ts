import { invalid } from '../errors.ts';

const RESERVED = new Set(":/?#[]@!$&'()*+,;=");

/**
 * A name as it is stored: without blanks around it.
 * @param urlSafe from the configuration; but for `off`, characters that URLs reserve are refused.
 * @throws invalid
 */
export function resourceName(entity: 'Domain' | 'Project', name: string, urlSafe: 'off' | 'new' | 'strict'): string {
  const reserved = [...name].filter((one) => RESERVED.has(one)).join('');
  if (urlSafe !== 'off' && reserved !== '')
    throw invalid({ message: `${entity} name cannot contain the following reserved characters: ${reserved}` });
  return name.trim();
}
