package cli

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"time"
)

// zooKeys are the keys of zoo.cfg that have an effect here: QuorumPeerConfig's, and the system properties that it
// passes on.
var zooKeys = map[string]func(*zooConfig, string) error{
	"clientPort":                port(func(z *zooConfig) *string { return &z.port }),
	"clientPortAddress":         host(func(z *zooConfig) *string { return &z.host }),
	"admin.serverPort":          port(func(z *zooConfig) *string { return &z.adminPort }),
	"admin.serverAddress":       host(func(z *zooConfig) *string { return &z.adminHost }),
	"admin.enableServer":        zooAdmin,
	"metricsProvider.httpPort":  port(func(z *zooConfig) *string { return &z.metricsPort }),
	"metricsProvider.httpHost":  host(func(z *zooConfig) *string { return &z.metricsHost }),
	"metricsProvider.className": text(func(z *zooConfig) *string { return &z.metricsClass }),

	"ssl.keyStore.location":   text(func(z *zooConfig) *string { return &z.keyStore.file }),
	"ssl.keyStore.type":       text(func(z *zooConfig) *string { return &z.keyStore.kind }),
	"ssl.trustStore.location": text(func(z *zooConfig) *string { return &z.trustStore.file }),
	"ssl.trustStore.type":     text(func(z *zooConfig) *string { return &z.trustStore.kind }),
	"ssl.clientAuth":          text(func(z *zooConfig) *string { return &z.clientAuth }),
	"client.portUnification":  text(func(z *zooConfig) *string { return &z.unified }),

	"dataDir":            zooDataDir,
	"dataLogDir":         text(func(z *zooConfig) *string { return &z.logDir }),
	"datadir.autocreate": onOff("", isTrue, func(c *zkCommand, on bool) { c.dataMustExist = !on }),
	"tickTime":           milliseconds("tick", func(c *zkCommand) *time.Duration { return &c.Tick }),
	"minSessionTimeout":  sessionBound("min-session-timeout", func(c *zkCommand) *time.Duration { return &c.MinSessionTimeout }),
	"maxSessionTimeout":  sessionBound("max-session-timeout", func(c *zkCommand) *time.Duration { return &c.MaxSessionTimeout }),
	"znode.container.checkIntervalMs": asProperty(milliseconds("container-check", func(c *zkCommand) *time.Duration {
		return &c.ContainerCheck
	})),
	"maxClientCnxns":            zooMaxClientCnxns,
	"jute.maxbuffer":            asProperty(number("jute-maxbuffer", smallestMaxbuffer, func(c *zkCommand) *int { return &c.JuteMaxbuffer })),
	"autopurge.snapRetainCount": raised("snap-retain-count", smallestRetained, func(c *zkCommand) *int { return &c.SnapRetainCount }),
	"autopurge.purgeInterval":   zooPurgeInterval,
	"snapCount":                 raised("snap-count", smallestSnapCount, func(c *zkCommand) *int { return &c.SnapCount }),

	"forceSync": onOff("fsync", isNotNo, func(c *zkCommand, on bool) {
		c.Fsync = map[bool]string{true: "always", false: "never"}[on]
	}),
	"enforceQuota":         onOff("enforce-quota", isTrue, func(c *zkCommand, on bool) { c.EnforceQuota = on }),
	"skipACL":              onOff("skip-acl", isYes, func(c *zkCommand, on bool) { c.SkipACL = on }),
	"extendedTypesEnabled": onOff("extended-types", isTrue, func(c *zkCommand, on bool) { c.ExtendedTypes = on }),

	"enforce.auth.enabled": func(z *zooConfig, value string) (err error) {
		z.authOn, err = z.property(value, isTrue)
		return err
	},
	"enforce.auth.schemes": func(z *zooConfig, value string) error {
		z.authSchemes = list(value)
		return nil
	},
	"4lw.commands.whitelist": func(z *zooConfig, value string) error {
		words := list(value)
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

// smallestRetained is QuorumPeerConfig.MIN_SNAP_RETAIN_COUNT.
const smallestRetained = 3

// asProperty is a key that Apache's server knows only as a system property without the prefix zookeeper., so that it
// does not take it from zoo.cfg.
func asProperty(row func(*zooConfig, string) error) func(*zooConfig, string) error {
	return func(z *zooConfig, value string) error {
		z.warn("Apache's server takes it only as a system property, with -D, and not from zoo.cfg")
		return row(z, value)
	}
}

func zooAdmin(z *zooConfig, value string) error {
	on, err := z.property(value, isNotFalse)
	z.adminOn, z.adminOff = on, !on
	return err
}

func zooDataDir(z *zooConfig, value string) error {
	if value == "" {
		return errors.New("want a directory")
	}
	dir, err := filepath.Abs(value)
	z.dataDir = dir
	z.set("data", func(c *zkCommand) { c.Data = dir })
	return err
}

// zooMaxClientCnxns treats a value that is not positive as no limit: NIOServerCnxnFactory.
func zooMaxClientCnxns(z *zooConfig, value string) error {
	n, err := whole(value, math.MinInt32)
	z.set("max-cnxns", func(c *zkCommand) { c.MaxCnxns = max(0, n) })
	return err
}

// zooPurgeInterval is in hours; a value that is not positive purges nothing: DatadirCleanupManager.
func zooPurgeInterval(z *zooConfig, value string) error {
	n, err := whole(value, math.MinInt32)
	z.purgesNever = n <= 0
	if n > 0 {
		z.note("each snapshot removes what is not to be kept")
	}
	return err
}
