/** Completion scripts: each asks `gantry __complete` what may stand at the cursor, so they never need to change. */
export const COMPLETION_SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_gantry() {
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  local IFS=$'\\n'
  COMPREPLY=($(gantry __complete -- "\${words[@]}" 2>/dev/null))
}
complete -o default -F _gantry gantry
`,
  zsh: `#compdef gantry
_gantry() {
  local -a found
  found=("\${(@f)$(gantry __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then compadd -- $found; else _files; fi
}
compdef _gantry gantry
`,
  fish: `function __gantry_complete
  set -l words (commandline -opc) (commandline -ct)
  set -g __gantry_found (gantry __complete -- $words[2..-1] 2>/dev/null)
  test (count $__gantry_found) -gt 0
end
complete -c gantry -f -n __gantry_complete -a '$__gantry_found'
`,
};
