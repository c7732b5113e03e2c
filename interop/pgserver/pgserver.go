//go:build unix

// Package pgserver runs a private PostgreSQL server from the system's packages, for
// checks against the database that real Druid processes use. Passwords are kept as
// MD5, the newest form that the JDBC driver of Druid 0.14.0 knows.
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// Name is user, password and database of the server, as Druid's documentation has them.
const Name = "druid"

// startPatience bounds how long the server may take until it answers, and to stop.
const startPatience = 30 * time.Second

// ErrNotInstalled is in the chain of the error when the machine has no PostgreSQL.
var ErrNotInstalled = errors.New("PostgreSQL is not installed (Debian: apt-get install postgresql)")

// Server is a server that answers.
type Server struct {
	Addr string // host:port
	URL  string // of the database, with user and password
}

// Run makes a database in a temporary directory, serves it on a free port, calls
// ready once it answers, and returns after ctx has ended and everything is gone. As
// root it runs the server as the user postgres, because it refuses to be root's.
func Run(ctx context.Context, ready func(Server)) error {
	bin, err := binaries()
	if err != nil {
		return err
	}
	owner, err := account()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "oakmoot-pg-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := initialise(ctx, bin, dir, owner); err != nil {
		return err
	}
	return serve(ctx, bin, dir, owner, ready)
}

// binaries is the directory of the newest server that is installed.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		if path, err := exec.LookPath("initdb"); err == nil {
			return filepath.Dir(path), nil
		}
		return "", ErrNotInstalled
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return release(a) - release(b) })
	return filepath.Dir(newest), nil
}

func release(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb)))) // an odd name counts as the oldest
	return n
}

// account is whom the server runs as: nil for who we are.
func account() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("a user for the server: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

// command is one of PostgreSQL's programs, to be run by the owner in dir.
func command(ctx context.Context, owner *syscall.Credential, dir, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner, Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) } // a fast shutdown
	cmd.WaitDelay = startPatience
	return cmd
}

func initialise(ctx context.Context, bin, dir string, owner *syscall.Credential) error {
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(Name+"\n"), 0o644); err != nil {
		return err
	}
	if owner != nil {
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	out, err := command(ctx, owner, dir, filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", Name,
		"--pwfile", password, "-A", "md5", "-E", "UTF8", "--locale=C", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// serve runs the server until ctx ends.
func serve(ctx context.Context, bin, dir string, owner *syscall.Credential, ready func(Server)) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	logged, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	defer logged.Close()
	cmd := command(ctx, owner, dir, filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, "data"),
		"-h", "127.0.0.1", "-p", strconv.Itoa(port), "-k", dir, "-c", "fsync=off")
	cmd.Stdout, cmd.Stderr = logged, logged
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	if err := createDatabase(ctx, bin, dir, port, exited); err != nil {
		stop()
		<-exited
		text, _ := os.ReadFile(logged.Name()) // only to tell it
		return fmt.Errorf("%w: %s", err, text)
	}
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	ready(Server{Addr: addr, URL: fmt.Sprintf("postgresql://%s:%s@%s/%s", Name, Name, addr, Name)})
	if err := <-exited; ctx.Err() == nil {
		return fmt.Errorf("postgres ended by itself: %w", err)
	}
	return nil
}

// createDatabase asks for the database until the server answers.
func createDatabase(ctx context.Context, bin, dir string, port int, exited chan error) error {
	deadline := time.After(startPatience)
	for {
		cmd := command(ctx, nil, dir, filepath.Join(bin, "createdb"), "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-U", Name, Name)
		cmd.Env = append(os.Environ(), "PGPASSWORD="+Name)
		out, err := cmd.CombinedOutput()
		if err == nil {
			return nil
		}
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("createdb: %w", err)
		}
		select {
		case err := <-exited:
			exited <- err
			return fmt.Errorf("postgres ended by itself: %w", err)
		case <-deadline:
			return fmt.Errorf("createdb: %w: %s", err, out)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}
