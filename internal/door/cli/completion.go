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

// shells are the scripts: each asks the program itself for the words that can stand where the cursor is. A word that
// ends in / or ( goes on.
var shells = map[string]string{
	"bash": `_oakmoot() {
	local IFS=$'\n' line
	COMPREPLY=()
	while read -r line; do
		COMPREPLY+=("${line%%$'\t'*}")
	done < <("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	case "${COMPREPLY[0]}" in */|*\() compopt -o nospace 2>/dev/null ;; esac
}
complete -F _oakmoot oakmoot
`,
	"zsh": `#compdef oakmoot
_oakmoot() {
	local -a next whole
	local line
	while IFS= read -r line; do
		case "${line%%$'\t'*}" in
			*/|*\() next+=("${line%%$'\t'*}") ;;
			*) whole+=("${line%%$'\t'*}") ;;
		esac
	done < <("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
	(( ${#whole} )) && compadd -a whole
	(( ${#next} )) && compadd -S '' -a next
}
compdef _oakmoot oakmoot
`,
	"fish": `complete -c oakmoot -f -a '(oakmoot complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
}

// Run prints the script.
func (c *completionCommand) Run(s streams) error {
	_, err := io.WriteString(s.out, shells[c.Shell])
	return err
}

// completeCommand is what the scripts ask: the words of a command line up to the cursor, the last one perhaps empty or
// only begun. It answers with a word per line that the last one can be, and behind a tab what that is.
type completeCommand struct {
	Words []string `arg:"" optional:""`
}

// Run prints the words. What it cannot know, such as the nodes of a cluster that does not answer, it leaves out.
func (c *completeCommand) Run(ctx context.Context, s streams, all samples) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	token := os.Getenv("OAKMOOT_TOKEN")
	for _, w := range newCompleter(ctx, all, os.Getenv("OAKMOOT_CONTROL"), token).complete(words) {
		text := w.text
		if w.about != "" {
			text += "\t" + w.about
		}
		if _, err := fmt.Fprintln(s.out, strings.ReplaceAll(text, "\n", " ")); err != nil {
			return err
		}
	}
	return nil
}
