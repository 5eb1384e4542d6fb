/**
 * Puts secret options into a text that names them: `ldap://host/?%(password)s`, `%%` for a per cent sign, as Python formats
 * texts. Undefined when the text names an option that is not there, or is written wrongly: then it is to be taken as it is.
 */
export function substituted(text: string, secrets: Readonly<Record<string, unknown>>): string | undefined {
  let isRight = true;
  const result = text.replaceAll(/%(?:(%)|\(([^)]*)\)s|)/g, (_all, percent?: string, name?: string) => {
    if (percent) return '%';
    if (name !== undefined && Object.hasOwn(secrets, name)) return String(secrets[name]);
    isRight = false;
    return '';
  });
  return isRight ? result : undefined;
}
