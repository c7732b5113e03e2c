package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// shellsAsk is how each shell is had to complete what is in LINE, and to print the words it was offered.
var shellsAsk = map[string]struct{ args, script string }{
	"bash": {"--norc", `eval "$(oakmoot completion bash)"
		COMP_LINE=$LINE COMP_POINT=${#LINE}
		seen=${LINE##*[ @=\']}
		_oakmoot oakmoot "$seen" ""
		printf '%s\n' "${COMPREPLY[@]}"`},
	// zsh completes nothing without a terminal: what it hands to the script and what it is offered is played.
	"zsh": {"-f", `compdef() { }
		_describe() { print -l -- "${(P@)4}" }
		eval "$(oakmoot completion zsh)"
		words=(oakmoot ${(z)LINE#oakmoot }) CURRENT=${#words} PREFIX=${words[-1]}
		[[ $LINE == *' ' ]] && { words+=(''); PREFIX=; CURRENT=${#words} }
		IPREFIX= QIPREFIX=
		_oakmoot`},
	"fish": {"--no-config", `oakmoot completion fish | source; complete -C "$LINE"`},
}

// TestShellsCompleteCommandLines asks the shells themselves. Bash is offered what follows the @, = or quote that it
// begins a word behind.
func TestShellsCompleteCommandLines(t *testing.T) {
	for shell, ask := range shellsAsk {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(shell); err != nil {
				t.Skip(shell + " is not installed")
			}
			dir := t.TempDir()
			if err := os.WriteFile(dir+"/with space.toml", nil, 0o644); err != nil {
				t.Fatal(err)
			}
			for line, offered := range map[string]struct{ whole, bash []string }{
				"oakmoot st":                            {whole: []string{"status", "stop"}},
				"oakmoot check w":                       {[]string{"with space.toml"}, []string{`with\ space.toml`}},
				"oakmoot --color=n":                     {[]string{"--color=never"}, []string{"never"}},
				"oakmoot fault kill coordinator@":       {[]string{"coordinator@leader"}, []string{"leader"}},
				"oakmoot fault 'kill overlord@l":        {[]string{"kill overlord@leader"}, []string{"leader"}},
				"oakmoot status --wait 'leaders(o":      {whole: []string{"leaders(overlord)"}},
				"oakmoot up --log-level info,broker=tr": {[]string{"info,broker=trace"}, []string{"trace"}},
				"oakmoot explain nosuch ":               {},
			} {
				if shell == "zsh" && strings.Contains(line, "'") {
					line = strings.ReplaceAll(strings.ReplaceAll(line, "'", ""), "kill ", `kill\ `)
				}
				cmd := exec.Command(shell, ask.args, "-c", ask.script)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "LINE="+line, "HOME="+dir, "OAKMOOT_CONTROL=127.0.0.1:1")
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Errorf("%q: %v\n%s", line, err, out)
					continue
				}
				want := offered.whole
				if shell == "bash" && offered.bash != nil {
					want = offered.bash
				}
				if got := offers(shell, string(out)); !slices.Equal(got, want) {
					t.Errorf("%q: got %q, want %q", line, got, want)
				}
			}
		})
	}
}

// offers are what a shell was offered, without what is said about them.
func offers(shell, out string) (all []string) {
	for line := range strings.Lines(out) {
		word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if shell == "zsh" {
			word, _, _ = strings.Cut(word, ":")
		}
		if word != "" {
			all = append(all, word)
		}
	}
	return all
}
