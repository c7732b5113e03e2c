package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// whole reads a whole number as Integer.parseInt does.
func whole(value string, least int) (int, error) {
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil {
		return 0, errors.New("want a whole number")
	}
	if int(n) < least {
		return 0, fmt.Errorf("want at least %d", least)
	}
	return int(n), nil
}

// parseBoolean reads a boolean as QuorumPeerConfig.parseBoolean does.
func parseBoolean(value string) (bool, error) {
	switch strings.ToLower(value) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errors.New("want true or false")
}

// property reads a boolean that is a system property; each has its own rule for what turns it on. If that differs
// from what a reader would expect, a note says so.
func (z *zooConfig) property(value string, on func(string) bool) (bool, error) {
	said := slices.Index([]string{"no", "false", "yes", "true"}, strings.ToLower(value))
	if said < 0 {
		return false, errors.New("want true or false")
	}
	is := on(value)
	if reads := said >= 2; reads != is {
		z.warn("Apache's server reads %q as %t", value, is)
	}
	return is, nil
}

// isTrue is the rule of Boolean.getBoolean and parseBoolean.
func isTrue(value string) bool { return strings.EqualFold(value, "true") }

// isYes is the rule of skipACL.
func isYes(value string) bool { return value == "yes" }

// isNotNo is the rule of forceSync.
func isNotNo(value string) bool { return value != "no" }

// isNotFalse is the rule of admin.enableServer.
func isNotFalse(value string) bool { return value != "false" }

func number(flag string, least int, field func(*zkCommand) *int) func(*zooConfig, string) error {
	return func(z *zooConfig, value string) error {
		n, err := whole(value, least)
		z.set(flag, func(c *zkCommand) { *field(c) = n })
		return err
	}
}

// raised is a number that is raised to a minimum, with a note.
func raised(flag string, least int, field func(*zkCommand) *int) func(*zooConfig, string) error {
	return func(z *zooConfig, value string) error {
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return errors.New("want a whole number")
		}
		if int(n) < least {
			z.warn("raised to %d, as in Apache's server", least)
		}
		z.set(flag, func(c *zkCommand) { *field(c) = max(least, int(n)) })
		return nil
	}
}

// onOff is a flag set by a system property.
func onOff(flag string, on func(string) bool, apply func(*zkCommand, bool)) func(*zooConfig, string) error {
	return func(z *zooConfig, value string) error {
		is, err := z.property(value, on)
		z.set(flag, func(c *zkCommand) { apply(c, is) })
		return err
	}
}

func milliseconds(flag string, field func(*zkCommand) *time.Duration) func(*zooConfig, string) error {
	return func(z *zooConfig, value string) error {
		n, err := whole(value, 1)
		z.set(flag, func(c *zkCommand) { *field(c) = time.Duration(n) * time.Millisecond })
		return err
	}
}

// sessionBound is a bound on session timeouts; -1 means the same as leaving the key out, and anything below a
// millisecond counts as one.
func sessionBound(flag string, field func(*zkCommand) *time.Duration) func(*zooConfig, string) error {
	return func(z *zooConfig, value string) error {
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return errors.New("want a whole number")
		}
		if n != -1 {
			z.set(flag, func(c *zkCommand) { *field(c) = time.Duration(max(1, n)) * time.Millisecond })
		}
		return nil
	}
}

func port(field func(*zooConfig) *string) func(*zooConfig, string) error {
	return func(z *zooConfig, value string) error {
		n, err := whole(value, 0)
		if err == nil && n > 65535 {
			err = errors.New("want a port")
		}
		*field(z) = value
		return err
	}
}

func host(field func(*zooConfig) *string) func(*zooConfig, string) error {
	return func(z *zooConfig, value string) error {
		*field(z) = strings.Trim(value, "[]")
		return nil
	}
}

// text keeps a value until all of them are known.
func text(field func(*zooConfig) *string) func(*zooConfig, string) error {
	return func(z *zooConfig, value string) error {
		*field(z) = value
		return nil
	}
}

// list is a value with commas in it.
func list(value string) (items []string) {
	for item := range strings.SplitSeq(value, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
