/**
 * A configuration file as oslo.config reads it: `[group]`, `option = value` or `option: value`, comments from `#` or `;` at
 * the beginning of a line, a value going on in lines that begin with a space, quotes around a value taken off.
 * @throws Error that names the line.
 */
export function parseIni(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const groups = new Map<string, Map<string, string>>();
  let group: Map<string, string> | undefined;
  let option: string | undefined;
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') option = undefined;
    else if (/^[#;]/.test(line)) continue;
    else if (/^\s/.test(line) && group && option !== undefined)
      group.set(option, `${group.get(option)}\n${line.trim()}`.trim());
    else if (line.trimStart().startsWith('[')) {
      const name = /^\[([^\]]+)\]\s*$/.exec(line.trim())?.[1];
      if (name === undefined) throw new Error(`line ${at + 1}: a group is written [name]`);
      group = groups.get(name) ?? new Map();
      groups.set(name, group);
      option = undefined;
    } else {
      const [, name, value = ''] = /^\s*([^\s:=][^:=]*?)\s*[:=]\s*(.*?)\s*$/.exec(line) ?? [];
      if (name === undefined) throw new Error(`line ${at + 1}: an option is written name = value`);
      group ??= groups.set('DEFAULT', new Map()).get('DEFAULT');
      option = name;
      group?.set(name, unquoted(value));
    }
  }
  return groups;
}

function unquoted(value: string): string {
  return /^(["']).*\1$/.test(value) && value.length > 1 ? value.slice(1, -1) : value;
}
