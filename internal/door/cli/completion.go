package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
)

// completionCommand prints what has a shell complete command lines.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is kong's hook for what --help adds.
func (c *completionCommand) Help() string {
	return "Add one of these to your shell's startup file:\n\n" +
		"    eval \"$(oakmoot completion bash)\"        # ~/.bashrc\n" +
		"    eval \"$(oakmoot completion zsh)\"         # ~/.zshrc, below compinit\n" +
		"    oakmoot completion fish | source         # ~/.config/fish/config.fish"
}

// shells are the scripts: each hands the program the command line up to the cursor, as it was typed, and is told the
// words that the last one can be. A word that ends in /, ( or = goes on. Bash takes less for a word than the program does
// (it begins another one behind @ or =), so it says what it takes for one, and is answered in kind.
var shells = map[string]string{
	"bash": `_oakmoot() {
	local IFS=$'\n' LC_ALL=C line
	COMPREPLY=()
	while read -r line; do
		COMPREPLY+=("${line%%$'\t'*}")
	done < <("${1/#\~/$HOME}" complete -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
	case "${COMPREPLY[0]}" in */|*\(|*=) compopt -o nospace 2>/dev/null ;; esac
}
complete -F _oakmoot oakmoot
`,
	"zsh": `#compdef oakmoot
_oakmoot() {
	local -a goes whole
	local line word
	while IFS= read -r line; do
		word="${line%%$'\t'*}"
		line="${word//:/\\:}${line#"$word"}"
		case "$word" in
			*/|*\(|*=) goes+=("${line/$'\t'/:}") ;;
			*) whole+=("${line/$'\t'/:}") ;;
		esac
	done < <(${~words[1]} complete -- "${(j: :)words[1,CURRENT-1]} ${IPREFIX}${QIPREFIX}${PREFIX}" 2>/dev/null)
	(( ${#whole} )) && _describe -t words oakmoot whole
	(( ${#goes} )) && _describe -t words oakmoot goes -S ''
	return 0
}
compdef _oakmoot oakmoot
`,
	"fish": `function __oakmoot_complete
	set -l words (commandline -opc)
	command $words[1] complete -- (commandline -pc) 2>/dev/null
end
complete -c oakmoot -f -a '(__oakmoot_complete)'
`,
}

// Run prints the script.
func (c *completionCommand) Run(s streams) error {
	_, err := io.WriteString(s.out, shells[c.Shell])
	return err
}

// completeCommand is what the scripts ask: a command line up to the cursor, and perhaps what the shell takes for its last
// word. It answers with a word per line that the last one can be, and behind a tab what that is.
type completeCommand struct {
	Words []string `arg:"" optional:""`
}

// Run prints the words. What it cannot know, such as the nodes of a cluster that does not answer, it leaves out.
func (c *completeCommand) Run(ctx context.Context, s streams, all samples) error {
	asked := c.Words
	if len(asked) > 0 && asked[0] == "--" {
		asked = asked[1:]
	}
	if len(asked) == 0 {
		return nil
	}
	line := readTyped(asked[0])
	for _, w := range newCompleter(ctx, all, os.Getenv("OAKMOOT_CONTROL"), os.Getenv("OAKMOOT_TOKEN")).complete(line.arguments()) {
		text := w.text
		if len(asked) > 1 {
			text = line.ending(text, asked[1])
		}
		if w.about != "" {
			text += "\t" + w.about
		}
		if _, err := fmt.Fprintln(s.out, strings.ReplaceAll(text, "\n", " ")); err != nil {
			return err
		}
	}
	return nil
}
