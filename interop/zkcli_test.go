//go:build interop

package interop

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/zkembed"
)

// shellSession is every command of zkCli.sh except those that leave the server or reconfigure an ensemble; some are
// refused.
const shellSession = `
create /a
create /a/b data
create -s /a/s- x
create -s /a/s- y
create -e /a/e gone
create -e -s /a/es- gone
create -c /a/container
create -t 3600000 /a/ttl short
create /a/b again
create /missing/x
create /a//x
ls /
ls -s /a
ls -R /a
ls /missing
get -s /a/b
get -b /a/b
get -x /a/b
set -s /a/b other
set -v 7 /a/b refused
set -v 1 /a/b third
stat /a
stat /missing
get -w /a/b
set /a/b seen
ls -w /a
delete /a/s-0000000001
addWatch -m PERSISTENT_RECURSIVE /a
create /a/b/c below
removewatches /a
removewatches /a
getEphemerals /a/es
getEphemerals /b
getAllChildrenNumber /a
getAcl -s /a
addauth digest user:secret
whoami
create /mine x auth::cdrwa
getAcl /mine
setAcl -s -v 0 /mine auth::cdr
setAcl -v 0 /mine world:anyone:r
setAcl /mine nonsense
setAcl -R /a world:anyone:cdrwa
set /mine refused
setquota -n 9 /a
setquota -N 12 -b 1000 /a
setquota -n 5 /a/b
listquota /a
create /a/counted
listquota /a
delquota -n /a
delquota /a
listquota /a
sync /a
config
delete -v 9 /a/b
delete /a
delete /a/counted
deleteall /a
deleteall /mine
ls -R /
nonsense
get
printwatches off
history
quit
`

func TestShellSeesNoDifference(t *testing.T) {
	seen := compareShells(t, shellSession, zkembed.Options{ExtendedTypes: true})
	if len(seen.Printed) < strings.Count(shellSession, "\n") || len(seen.Events) < 4 {
		t.Errorf("Apache's server shows too little: %+v", seen)
	}
}

func TestShellSeesThatACLsAreSkipped(t *testing.T) {
	const session = "addauth digest user:secret\ncreate /mine x auth::r\nset /mine y\nsetAcl /mine world:anyone:r\ncreate /mine/x\ndeleteall /mine\nls /\nquit\n"
	seen := compareShells(t, session, zkembed.Options{SkipACL: true}, "skipACL=yes")
	if strings.Contains(strings.Join(seen.Complaints, "\n"), "permission") {
		t.Errorf("Apache's server refuses: %+v", seen)
	}
}

func TestShellSeesThatAuthenticationIsEnforced(t *testing.T) {
	const proved = "addauth digest user:secret\ncreate /x\nls /\nwhoami\nquit\n"
	enforced := []string{"enforce.auth.enabled=true", "enforce.auth.schemes=digest"}
	compareShells(t, proved, zkembed.Options{EnforceAuth: []string{"digest"}}, enforced...)
	seen := compareShells(t, "ls /\nquit\n", zkembed.Options{EnforceAuth: []string{"digest"}}, enforced...)
	if text := strings.Join(seen.Complaints, "\n"); !strings.Contains(text, "authenticate") {
		t.Errorf("Apache's server complains of %s, want that nobody has authenticated", text)
	}
}

// seen is what a zkCli.sh session shows.
type seen struct{ Printed, Complaints, Events []string }

// compareShells runs the same session on two fresh servers, and returns what Apache's shows. Even the zxids are the
// same.
func compareShells(t *testing.T, session string, opts zkembed.Options, settings ...string) seen {
	t.Helper()
	zookeeper, dir := apache(t)
	opts.DataDir = t.TempDir()
	var all [2]seen
	for i, addr := range []string{startApache(t, zookeeper, dir, settings...).Host, zkembed.RunT(t, opts).Addr()} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		out, complaints, err := zookeeper.Shell(ctx, addr, session)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		printed, events := withoutEvents(settled(out, addr))
		// A client that is cut off sees it, or has quit by then: the shell's threads race.
		events = slices.DeleteFunc(events, func(e string) bool { return strings.Contains(e, "state:Disconnected") })
		all[i] = seen{printed, settled(complaints, addr), events}
	}
	if diff := cmp.Diff(all[0], all[1]); diff != "" {
		t.Errorf("(-Apache's +ours)\n%s", diff)
	}
	return all[0]
}

// passing is what differs from run to run.
var passing = regexp.MustCompile(`(time|ephemeralOwner) = .*|session(id)?[: ]+0x[0-9a-f]+`)

// settled are the lines of a text without what differs from run to run. Of a session's number only its presence is
// kept.
func settled(text, addr string) []string {
	text = strings.ReplaceAll(text, "ephemeralOwner = 0x0\n", "no owner\n")
	text = passing.ReplaceAllString(strings.ReplaceAll(text, addr, "ADDRESS"), "$1 …")
	return strings.Split(strings.TrimSpace(text), "\n")
}

// withoutEvents removes what another thread prints somewhere in between: the watches' events, in order.
func withoutEvents(lines []string) (rest, events []string) {
	for _, line := range lines {
		switch {
		case strings.HasPrefix(line, "WatchedEvent "):
			events = append(events, line)
		case line != "" && line != "WATCHER::":
			rest = append(rest, line)
		}
	}
	return slices.Clip(rest), events
}
