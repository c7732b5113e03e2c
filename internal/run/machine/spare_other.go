//go:build !linux && !darwin && !windows

package machine

func ports() int64 { return Unknown }

func memory() int64 { return Unknown }
