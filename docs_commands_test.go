package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"oakmoot/internal/door/cli"
)

// askingFlags are the flags of every command that asks a running cluster; they are told once.
var askingFlags = []string{"control", "token", "answer-within"}

// commandsReference is every command with its arguments and flags.
func commandsReference(*testing.T, string) string {
	var b strings.Builder
	told := false
	for _, c := range cli.Model().Leaves(true) {
		fmt.Fprintf(&b, "### `%s`\n\n%s\n\n", usage(c), c.Help)
		tab := newTable("flag", "default", "meaning")
		rows, asks := 0, asksCluster(c)
		for _, arg := range c.Positional {
			tab.row(code(arg.Summary()), "", arg.Help)
			rows++
		}
		asking := 0
		for _, f := range c.Flags {
			switch {
			case f.Hidden || f.Name == "help":
				continue
			case asks && isAsking(f):
				asking++
				continue
			}
			tab.row(code(flagUsage(f)), code(f.Default), f.Help+fromEnvironment(f))
			rows++
		}
		if rows > 0 {
			b.WriteString(tab.String() + "\n")
		}
		if asking > 0 {
			told = true
			b.WriteString("It asks a running cluster: [its flags](#what-asks-a-running-cluster).\n\n")
		}
	}
	if told {
		b.WriteString(askingReference())
	}
	return b.String()
}

// usage is how a command is written.
func usage(c *kong.Node) string {
	text := c.FullPath()
	for _, arg := range c.Positional {
		text += " " + arg.Summary()
	}
	return strings.ReplaceAll(text, "  ", " ")
}

// asksCluster reports whether a command has the flags of those that ask a running cluster, all of them: "up" and
// others have a token, too.
func asksCluster(c *kong.Node) bool {
	found := 0
	for _, f := range c.Flags {
		if isAsking(f) {
			found++
		}
	}
	return found == len(askingFlags)
}

func isAsking(f *kong.Flag) bool {
	for _, name := range askingFlags {
		if f.Name == name {
			return true
		}
	}
	return false
}

// askingReference tells the flags of the commands that ask a running cluster.
func askingReference() string {
	tab := newTable("flag", "default", "meaning")
	for _, c := range cli.Model().Leaves(true) {
		if !asksCluster(c) {
			continue
		}
		for _, f := range c.Flags {
			if isAsking(f) {
				tab.row(code(flagUsage(f)), code(f.Default), f.Help+fromEnvironment(f))
			}
		}
		break // all have the same
	}
	return "### What asks a running cluster\n\n" + tab.String()
}

// flagUsage is how a flag is written.
func flagUsage(f *kong.Flag) string {
	text := "--" + f.Name
	if f.Short != 0 {
		text = "-" + string(f.Short) + ", " + text
	}
	if !f.IsBool() {
		text += " " + strings.Trim(f.FormatPlaceHolder(), `"`)
	}
	return strings.TrimSpace(text)
}

func fromEnvironment(f *kong.Flag) string {
	if len(f.Envs) == 0 {
		return ""
	}
	return " Also " + code(strings.Join(f.Envs, "`, `")) + " in the environment."
}

// exitCodesReference is every exit code.
func exitCodesReference(t *testing.T, _ string) string {
	tab := newTable("exit code", "meaning")
	for _, c := range constants(t, "internal/door/cli/cli.go", "Exit") {
		tab.row(c.value, c.comment)
	}
	return tab.String()
}
