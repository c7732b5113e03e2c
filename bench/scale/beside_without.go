//go:build !interop

package main

import (
	"context"
	"errors"
)

func beside(int) func(context.Context, int) (point, error) {
	return func(context.Context, int) (point, error) {
		return point{}, errors.New("the real coordinator needs -tags interop")
	}
}
