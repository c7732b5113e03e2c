package announce_test

import (
	"testing"

	"oakmoot/internal/worldtest"
)

func TestMain(m *testing.M) { worldtest.FewerStories(m) }
