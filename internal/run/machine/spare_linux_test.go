package machine

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestPortsAreTheWidthOfTheirRange(t *testing.T) {
	for text, want := range map[string]int64{"32768\t60999\n": 28232, "": Unknown, "1": Unknown, "9 8": Unknown, "a b": Unknown} {
		if got := portsIn(text); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}

func TestAvailableMemoryIsReadFromMeminfo(t *testing.T) {
	for text, want := range map[string]int64{"MemTotal:  9 kB\nMemAvailable:     12 kB\n": 12 << 10, "MemTotal: 9 kB\n": Unknown, "": Unknown} {
		if got := available(text); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}

func TestGroupsAboveLimitAProcessToo(t *testing.T) {
	dirs := func(self string) (all []string) {
		for _, g := range groups(self) {
			all = append(all, filepath.Join(g.dir, g.limit))
		}
		return all
	}
	v2 := dirs("0::/a/b\n")
	if want := []string{"/sys/fs/cgroup/a/b/memory.max", "/sys/fs/cgroup/a/memory.max", "/sys/fs/cgroup/memory.max"}; !slices.Equal(v2, want) {
		t.Errorf("version 2: got %v, want %v", v2, want)
	}
	v1 := dirs("4:cpu,cpuacct:/x\n3:memory:/x\n")
	if want := []string{"/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}; !slices.Equal(v1, want) {
		t.Errorf("version 1: got %v, want %v", v1, want)
	}
}

func TestGroupHasItsLimitLessWhatIsInUse(t *testing.T) {
	for name, tt := range map[string]struct {
		limit, usage, stat string
		want               int64
	}{
		"with a cache": {"1000\n", "700\n", "anon 100\ninactive_file 200\n", 500},
		"overdrawn":    {"1000\n", "1200\n", "", 0},
		"no limit":     {"max\n", "700\n", "", Unknown},
		"no files":     {"", "", "", Unknown},
	} {
		g := group{t.TempDir(), "limit", "usage", "inactive_file"}
		for file, text := range map[string]string{"limit": tt.limit, "usage": tt.usage, "memory.stat": tt.stat} {
			if err := os.WriteFile(filepath.Join(g.dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := g.left(); got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
}

func TestThisMachineSaysWhatItHas(t *testing.T) {
	s := Now()
	if s.Files <= 0 || s.Ports <= 0 || s.Memory <= 0 {
		t.Errorf("got %+v, want some of everything", s)
	}
}
