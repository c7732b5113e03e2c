package observe

import "slices"

// ordered keeps distinct keys in order, in short blocks: adding or removing one, or looking for the keys behind one,
// costs little however many there are. No block is empty.
type ordered[K keyed[K]] struct {
	blocks [][]K
	count  int
}

// keyed is what can be put in order.
type keyed[K any] interface{ compare(K) int }

func compare[K keyed[K]](a, b K) int { return a.compare(b) }

// blockLimit is how long a block may be before it is cut in two.
const blockLimit = 256

// block is the number of the block in which a key is, or would be.
func (o *ordered[K]) block(key K) int {
	i, _ := slices.BinarySearchFunc(o.blocks, key, func(block []K, key K) int { return block[len(block)-1].compare(key) })
	return min(i, len(o.blocks)-1)
}

func (o *ordered[K]) add(key K) {
	if len(o.blocks) == 0 {
		o.blocks, o.count = [][]K{{key}}, 1
		return
	}
	i := o.block(key)
	at, found := slices.BinarySearchFunc(o.blocks[i], key, compare[K])
	if found {
		return
	}
	o.count++
	block := slices.Insert(o.blocks[i], at, key)
	if o.blocks[i] = block; len(block) > blockLimit {
		half := len(block) / 2
		o.blocks = slices.Insert(o.blocks, i+1, slices.Clone(block[half:]))
		clear(block[half:])
		o.blocks[i] = block[:half]
	}
}

func (o *ordered[K]) remove(key K) {
	if len(o.blocks) == 0 {
		return
	}
	i := o.block(key)
	at, found := slices.BinarySearchFunc(o.blocks[i], key, compare[K])
	if !found {
		return
	}
	o.count--
	if o.blocks[i] = slices.Delete(o.blocks[i], at, at+1); len(o.blocks[i]) == 0 {
		o.blocks = slices.Delete(o.blocks, i, i+1)
	}
}

// first are the first keys, limit of them at most.
func (o *ordered[K]) first(limit int) []K { return o.take(0, 0, limit) }

// after are the first keys behind one, which need not be there.
func (o *ordered[K]) after(key K, limit int) []K {
	if len(o.blocks) == 0 {
		return nil
	}
	i := o.block(key)
	at, found := slices.BinarySearchFunc(o.blocks[i], key, compare[K])
	if found {
		at++
	}
	return o.take(i, at, limit)
}

func (o *ordered[K]) take(i, at, limit int) (keys []K) {
	for ; i < len(o.blocks) && len(keys) < limit; i, at = i+1, 0 {
		rest := o.blocks[i][at:]
		keys = append(keys, rest[:min(len(rest), limit-len(keys))]...)
	}
	return keys
}
