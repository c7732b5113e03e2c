//go:build interop

package real

import "context"

// CuratorVersion is the version of Apache Curator that is fetched.
const CuratorVersion = "5.9.0"

// Curator fetches Apache Curator's recipes, unless they are in the cache.
func (k *Kit) Curator(ctx context.Context) (*Software, error) {
	return k.software(ctx, "Curator", artifact{group: "org.apache.curator", name: "curator-recipes", version: CuratorVersion})
}
