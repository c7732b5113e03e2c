package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// zooKeys are the keys of zoo.cfg that mean something here: QuorumPeerConfig's, and
// the system properties that it passes on.
var zooKeys = map[string]func(*zooConfig, string) error{
	"clientPort":          port(func(z *zooConfig) *string { return &z.port }),
	"clientPortAddress":   host(func(z *zooConfig) *string { return &z.host }),
	"admin.serverPort":    port(func(z *zooConfig) *string { return &z.adminPort }),
	"admin.serverAddress": host(func(z *zooConfig) *string { return &z.adminHost }),
	"admin.enableServer": func(z *zooConfig, value string) error {
		on, err := yes(value)
		z.adminOn, z.adminOff = on, !on
		return err
	},
	"metricsProvider.httpPort": port(func(z *zooConfig) *string { return &z.metricsPort }),
	"metricsProvider.httpHost": host(func(z *zooConfig) *string { return &z.metricsHost }),
	"metricsProvider.className": func(z *zooConfig, value string) error {
		z.metricsOn = strings.HasSuffix(value, ".PrometheusMetricsProvider")
		return nil
	},

	"ssl.keyStore.location":   pem("tls-cert", func(c *zkCommand, file string) { c.TLSCert, c.TLSKey = file, file }),
	"ssl.trustStore.location": pem("tls-ca", func(c *zkCommand, file string) { c.TLSCA = file }),
	"secureClientPort": func(z *zooConfig, value string) error {
		z.notes = append(z.notes, note{"secureClientPort=" + value + " is not opened: TLS is spoken at clientPort", true})
		return nil
	},

	"dataDir":    zooDataDir,
	"dataLogDir": zooLogDir,
	"tickTime":   milliseconds("tick", 1, func(c *zkCommand) *time.Duration { return &c.Tick }),
	"minSessionTimeout": milliseconds("min-session-timeout", -1, func(c *zkCommand) *time.Duration {
		return &c.MinSessionTimeout
	}),
	"maxSessionTimeout": milliseconds("max-session-timeout", -1, func(c *zkCommand) *time.Duration {
		return &c.MaxSessionTimeout
	}),
	"znode.container.checkIntervalMs": milliseconds("container-check", 1, func(c *zkCommand) *time.Duration { return &c.ContainerCheck }),
	"maxClientCnxns":                  number("max-cnxns", 0, func(c *zkCommand) *int { return &c.MaxCnxns }),
	"jute.maxbuffer":                  number("jute-maxbuffer", smallestMaxbuffer, func(c *zkCommand) *int { return &c.JuteMaxbuffer }),
	"autopurge.snapRetainCount":       number("snap-retain-count", 1, func(c *zkCommand) *int { return &c.SnapRetainCount }),
	"snapCount":                       number("snap-count", smallestSnapCount, func(c *zkCommand) *int { return &c.SnapCount }),

	"forceSync": func(z *zooConfig, value string) error {
		on, err := yes(value)
		z.set("fsync", func(c *zkCommand) { c.Fsync = map[bool]string{true: "always", false: "never"}[on] })
		return err
	},
	"enforceQuota": func(z *zooConfig, value string) error {
		on, err := yes(value)
		z.set("enforce-quota", func(c *zkCommand) { c.EnforceQuota = on })
		return err
	},
	"skipACL": func(z *zooConfig, value string) error {
		on, err := yes(value)
		z.set("skip-acl", func(c *zkCommand) { c.SkipACL = on })
		return err
	},
	"enforce.auth.enabled": func(z *zooConfig, value string) (err error) {
		z.authOn, err = yes(value)
		return err
	},
	"enforce.auth.schemes": func(z *zooConfig, value string) error {
		z.authSchemes = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		return nil
	},
	"4lw.commands.whitelist": func(z *zooConfig, value string) error {
		words := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		z.set("whitelist", func(c *zkCommand) { c.Whitelist = words })
		return nil
	},
	"DigestAuthenticationProvider.superDigest": func(z *zooConfig, value string) error {
		if !strings.HasPrefix(value, "super:") {
			return errors.New("want super: and a digest")
		}
		z.set("super-digest", func(c *zkCommand) { c.SuperDigest = value })
		return nil
	},
}

func zooDataDir(z *zooConfig, value string) error {
	if value == "" {
		return errors.New("want a directory")
	}
	dir, err := filepath.Abs(value)
	z.set("data", func(c *zkCommand) { c.Data = dir })
	return err
}

func zooLogDir(z *zooConfig, value string) error {
	z.notes = append(z.notes, note{text: fmt.Sprintf("dataLogDir=%s is not used: log and snapshots are together in dataDir", value)})
	return nil
}

// pem takes a file with certificates, and in a key store with the key too.
func pem(flag string, apply func(*zkCommand, string)) func(*zooConfig, string) error {
	return func(z *zooConfig, value string) error {
		if !strings.HasSuffix(value, ".pem") {
			return errors.New("want a .pem file: JKS and PKCS12 are not read")
		}
		file, err := filepath.Abs(value)
		z.set(flag, func(c *zkCommand) { apply(c, file) })
		return err
	}
}

// yes reads a truth as ZooKeeper's keys write it.
func yes(value string) (bool, error) {
	switch strings.ToLower(value) {
	case "yes", "true":
		return true, nil
	case "no", "false":
		return false, nil
	}
	return false, errors.New("want true or false")
}

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

func number(flag string, least int, field func(*zkCommand) *int) func(*zooConfig, string) error {
	return func(z *zooConfig, value string) error {
		n, err := whole(value, least)
		z.set(flag, func(c *zkCommand) { *field(c) = n })
		return err
	}
}

// milliseconds reads a duration; -1, where it is allowed, is as if the key were not
// there.
func milliseconds(flag string, least int, field func(*zkCommand) *time.Duration) func(*zooConfig, string) error {
	return func(z *zooConfig, value string) error {
		n, err := whole(value, least)
		if n >= 0 {
			z.set(flag, func(c *zkCommand) { *field(c) = time.Duration(n) * time.Millisecond })
		}
		return err
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
