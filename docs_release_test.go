package main

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReleaseIsBuiltForWhatCIVets reads the configuration of releases.
func TestReleaseIsBuiltForWhatCIVets(t *testing.T) {
	config := readPage(t, ".goreleaser.yaml").text
	ci := readPage(t, ".ci/run").text
	systems := yamlList(t, config, "goos")
	if !slices.Equal(systems, []string{"linux", "darwin", "windows"}) {
		t.Errorf("got %v", systems)
	}
	for _, goos := range systems {
		if goos != "linux" && !strings.Contains(ci, "GOOS="+goos+" go vet") {
			t.Errorf(".ci/run does not vet for %s", goos)
		}
	}
	known, err := exec.Command("go", "tool", "dist", "list").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, goos := range systems {
		for _, arch := range yamlList(t, config, "goarch") {
			if !slices.Contains(strings.Fields(string(known)), goos+"/"+arch) {
				t.Errorf("Go does not build for %s/%s", goos, arch)
			}
		}
	}
	if env := yamlList(t, config, "env"); !slices.Contains(env, "CGO_ENABLED=0") {
		t.Errorf("got %v, want no cgo", env)
	}
	for _, file := range yamlList(t, config, "files") {
		file, _, _ = strings.Cut(file, "*")
		if _, err := os.Stat(strings.TrimSuffix(file, "/")); err != nil {
			t.Errorf("an archive wants %s: %v", file, err)
		}
	}
}

// yamlList is the list [a, b] of a key.
func yamlList(t *testing.T, text, key string) []string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^ *` + key + `: \[(.*)\]`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("there is no list %s", key)
	}
	return strings.Split(m[1], ", ")
}

// TestContainerRunsWhatThereIs reads the flags that the image is started with.
func TestContainerRunsWhatThereIs(t *testing.T) {
	text := readPage(t, "Containerfile").text
	m := regexp.MustCompile(`(?m)^CMD \[(.*)\]$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatal("there is no CMD")
	}
	line := "oakmoot " + strings.NewReplacer(`"`, "", ",", "").Replace(m[1])
	if err := parseCommand(line); err != nil {
		t.Errorf("%s: %v", line, err)
	}
	if goes := regexp.MustCompile(`golang:(\S+) `).FindStringSubmatch(text); goes == nil || !strings.Contains(readPage(t, "go.mod").text, "go "+goes[1]) {
		t.Errorf("the image is built with another Go than go.mod names: %v", goes)
	}
}
