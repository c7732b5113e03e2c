package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is USER_HZ, in which Linux counts the CPU of a process.
const ticksPerSecond = 100

// cpuOf is the CPU time that a process has used.
func cpuOf(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	sum := 0.0
	for _, field := range fields[11:13] { // utime and stime
		ticks, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return 0, err
		}
		sum += ticks
	}
	return time.Duration(sum / ticksPerSecond * float64(time.Second)), nil
}

// mostMemory is the largest resident set that a process has had, in bytes.
func mostMemory(pid int) (int64, error) { return memory(pid, "VmHWM:") }

func memory(pid int, key string) (int64, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), key); found {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("%s of process %d is not known", key, pid)
}

// meter measures a stretch of work in this process.
type meter struct {
	began time.Time
	cpu   time.Duration
}

func newMeter() (meter, error) {
	cpu, err := cpuOf(os.Getpid())
	return meter{time.Now(), cpu}, err
}

// read is how long the stretch has been, and how much CPU it took.
func (m meter) read() (took, cpu time.Duration, err error) {
	now, err := cpuOf(os.Getpid())
	return time.Since(m.began), now - m.cpu, err
}

const mib = 1 << 20
