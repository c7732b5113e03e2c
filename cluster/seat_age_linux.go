package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// Columns of /proc/PID/stat behind the command, which is in parentheses.
const (
	statState = 0
	statBegan = 19 // in ticks since the system was started
)

// ticks are how many there are in a second: USER_HZ, which programs see as 100 on every architecture of Go's.
const ticks = 100

// beganAt is when a process began. One that is dead and whose parent has not noticed is gone too.
func beganAt(pid int) (time.Time, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat("/proc/self/stat"); err != nil {
			return time.Time{}, errUnknownAge // there is no /proc here
		}
		return time.Time{}, errGone
	}
	if err != nil {
		return time.Time{}, errUnknownAge
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) <= statBegan {
		return time.Time{}, errUnknownAge
	}
	if state := fields[statState]; state == "Z" || state == "X" {
		return time.Time{}, errGone
	}
	began, err := strconv.ParseInt(fields[statBegan], 10, 64)
	booted, known := bootTime()
	if err != nil || !known {
		return time.Time{}, errUnknownAge
	}
	return booted.Add(time.Duration(began) * time.Second / ticks), nil
}

// bootTime is when the system was started.
func bootTime() (time.Time, bool) {
	text, _ := os.ReadFile("/proc/stat") // none says nothing
	for line := range strings.Lines(string(text)) {
		if at, is := strings.CutPrefix(line, "btime "); is {
			seconds, err := strconv.ParseInt(strings.TrimSpace(at), 10, 64)
			return time.Unix(seconds, 0), err == nil
		}
	}
	return time.Time{}, false
}
