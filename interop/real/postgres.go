//go:build interop

package real

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// postgresUser is the name of the database, of its owner and of the owner's password.
const postgresUser = "druid"

// Postgres starts the distribution's PostgreSQL on a database of its own under dir. PostgreSQL refuses to run as
// root: in that case the package's own user runs it.
func (*Kit) Postgres(ctx context.Context, dir string) (*Process, error) {
	return Postgres(ctx, dir)
}

// Postgres is Kit.Postgres for callers that need nothing else of a kit.
func Postgres(ctx context.Context, dir string) (*Process, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	port, err := FreePorts(1)
	if err != nil {
		return nil, err
	}
	who, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	if err := initDB(ctx, bin, dir, who); err != nil {
		return nil, err
	}
	p, err := launch("postgresql", dir, who, filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, "data"),
		"-h", "127.0.0.1", "-p", strconv.Itoa(port), "-k", dir, "-c", "fsync=off", "-c", "timezone=UTC")
	if err != nil {
		return nil, err
	}
	p.Version, p.Host = postgresVersion(bin), loopback(port)
	p.up = func(ctx context.Context) error {
		_, err := p.psql(ctx, "postgres", "select 1")
		return err
	}
	if err := p.Up(ctx); err != nil {
		return p, err
	}
	_, err = p.psql(ctx, "postgres", "create database "+postgresUser+" owner "+postgresUser+" encoding 'UTF8' template template0")
	return p, err
}

// postgresBin is the directory of the newest PostgreSQL on this machine.
func postgresBin() (string, error) {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(dirs) == 0 {
		return "", fmt.Errorf("PostgreSQL %w: Debian's package is postgresql", ErrMissing)
	}
	return slices.MaxFunc(dirs, func(a, b string) int { return majorOf(a) - majorOf(b) }), nil
}

func majorOf(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin))) // a name that is not a number counts as the oldest
	return n
}

// unprivileged is the user that runs PostgreSQL, to whom dir then belongs; nil is the current user.
func unprivileged(dir string) (*syscall.Credential, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("the user postgres %w: %w", ErrMissing, err)
	}
	uid, errUID := strconv.Atoi(u.Uid)
	gid, errGID := strconv.Atoi(u.Gid)
	if errUID != nil || errGID != nil {
		return nil, fmt.Errorf("user postgres is %s:%s, no numbers", u.Uid, u.Gid)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
}

func initDB(ctx context.Context, bin, dir string, who *syscall.Credential) error {
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(postgresUser), 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", postgresUser,
		"--pwfile="+password, "-A", "md5", "-E", "UTF8", "--locale=C", "--no-sync")
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: who}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, lastLines(out, 10))
	}
	return nil
}

func postgresVersion(bin string) string {
	out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output()
	words := strings.Fields(string(out))
	if err != nil || len(words) < 3 {
		return "unknown"
	}
	return words[2]
}

// URL is a PostgreSQL's database as a JDBC driver (after "jdbc:") and libpq name it.
func (p *Process) URL() string { return "postgresql://" + p.Host + "/" + postgresUser }

// Login is URL with the user and the password.
func (p *Process) Login() string {
	return fmt.Sprintf("postgresql://%s:%s@%s/%s", postgresUser, postgresUser, p.Host, postgresUser)
}

// SQL runs a statement in Druid's database and returns the rows as psql prints them unaligned: columns separated by
// |.
func (p *Process) SQL(ctx context.Context, statement string) (string, error) {
	return p.psql(ctx, postgresUser, statement)
}

func (p *Process) psql(ctx context.Context, database, statement string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	bin, err := postgresBin()
	if err != nil {
		return "", err
	}
	url := fmt.Sprintf("postgresql://%s:%s@%s/%s", postgresUser, postgresUser, p.Host, database)
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "psql"), url, "-qAtX", "-c", statement).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("psql: %w: %s", err, lastLines(out, 3))
	}
	return strings.TrimSpace(string(out)), nil
}
