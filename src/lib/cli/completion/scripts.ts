/** What a shell evaluates once; from then on it asks `aibench __complete` at each TAB. */
export const COMPLETION_SCRIPTS = {
  bash: `# aibench completion for bash: eval "$(aibench completion bash)", in ~/.bashrc
_aibench() {
  local IFS=$'\\n'
  # Bash splits words at = and :, which are part of ours.
  local line=\${COMP_LINE:0:COMP_POINT}
  local -a words
  read -r -a words <<<"\${line// /$'\\n'}" -d ''
  [[ $line == *' ' ]] && words+=('')
  local current=\${words[\${#words[@]}-1]}
  mapfile -t COMPREPLY < <(aibench __complete bash "\${words[@]:1}" 2>/dev/null)
  compopt -o nosort 2>/dev/null
  # The last line may say that a path can stand here.
  local last=$((\${#COMPREPLY[@]} - 1))
  if ((last >= 0)) && [[ \${COMPREPLY[last]} == :files ]]; then
    unset 'COMPREPLY[last]'
    compopt -o default
  fi
  # Readline replaces only what follows the last =.
  [[ $current == *=* ]] && COMPREPLY=("\${COMPREPLY[@]#"\${current%%=*}="}")
}
complete -F _aibench aibench
`,
  zsh: `#compdef aibench
# aibench completion for zsh: eval "$(aibench completion zsh)", in ~/.zshrc after compinit
_aibench() {
  local -a lines names shown
  local line
  lines=("\${(@f)$(aibench __complete zsh "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${(@)lines}"; do
    [[ -z $line || $line == :files ]] && continue
    names+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  -- }")
  done
  if [[ "\${shown[*]}" == *' -- '* ]]; then
    compadd -V aibench -l -d shown -a names
  elif (( $#names )); then
    compadd -V aibench -a names
  fi
  [[ \${lines[-1]} == :files ]] && _files
}
(( $+functions[compdef] )) && compdef _aibench aibench
`,
  fish: `# aibench completion for fish: aibench completion fish > ~/.config/fish/completions/aibench.fish
function __aibench_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in (aibench __complete fish $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            echo "$line"
        end
    end
end
complete -c aibench -f -k -a '(__aibench_complete)'
`,
} as const
export type Shell = keyof typeof COMPLETION_SCRIPTS
