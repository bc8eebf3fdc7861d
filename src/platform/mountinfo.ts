/** A path as /proc/PID/mountinfo writes it: blanks, tabs, line feeds and backslashes are \ooo. proc_pid_mountinfo(5) */
export function unescapeMountPath(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
