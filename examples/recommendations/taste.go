// What is bought together? Counted over the latest orders, so that memory is bounded and what went out of fashion is forgotten.
package main

import (
	"cmp"
	"slices"
	"sync"
)

const (
	ordersRemembered = 5_000
	// Of an order with more products only the first count: pairs grow with the square.
	productsCounted = 10
)

type taste struct {
	mu       sync.Mutex
	together map[string]map[string]int
	latest   [][]string // a ring once it is full
	next     int
	learned  uint64
}

func newTaste() *taste {
	return &taste{together: map[string]map[string]int{}}
}

func (t *taste) learn(skus []string) {
	bought := slices.Compact(slices.Sorted(slices.Values(skus)))
	bought = bought[:min(len(bought), productsCounted)]
	t.mu.Lock()
	defer t.mu.Unlock()
	t.learned++
	if len(t.latest) < ordersRemembered {
		t.latest = append(t.latest, bought)
	} else {
		t.count(t.latest[t.next], -1)
		t.latest[t.next] = bought
		t.next = (t.next + 1) % ordersRemembered
	}
	t.count(bought, 1)
}

// likeliest returns at most n products that others bought with these, most often first; none where nothing is known.
func (t *taste) likeliest(skus []string, n int) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	times := map[string]int{}
	for _, sku := range skus {
		for other, count := range t.together[sku] {
			times[other] += count
		}
	}
	for _, sku := range skus {
		delete(times, sku)
	}
	others := make([]string, 0, len(times))
	for other := range times {
		others = append(others, other)
	}
	slices.SortFunc(others, func(a, b string) int {
		return cmp.Or(cmp.Compare(times[b], times[a]), cmp.Compare(a, b))
	})
	return others[:min(n, len(others))]
}

func (t *taste) learnedOrders() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.learned
}

func (t *taste) count(skus []string, change int) {
	for _, sku := range skus {
		for _, other := range skus {
			if other == sku {
				continue
			}
			counts := t.together[sku]
			if counts == nil {
				counts = map[string]int{}
				t.together[sku] = counts
			}
			if counts[other] += change; counts[other] == 0 {
				delete(counts, other)
			}
		}
		if len(t.together[sku]) == 0 {
			delete(t.together, sku)
		}
	}
}
