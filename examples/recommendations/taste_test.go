// Is what others bought with it recommended, and forgotten again?
package main

import (
	"fmt"
	"slices"
	"testing"
)

func TestWhatOthersBoughtMostOftenWithItComesFirst(t *testing.T) {
	known := newTaste()
	known.learn([]string{"TEA", "CUP", "TEA"})
	known.learn([]string{"TEA", "CUP"})
	known.learn([]string{"TEA", "POT"})
	known.learn([]string{"NAIL", "SAW"})
	if got := known.likeliest([]string{"TEA"}, 3); !slices.Equal(got, []string{"CUP", "POT"}) {
		t.Errorf("with tea: %v", got)
	}
	if got := known.likeliest([]string{"TEA", "CUP"}, 3); !slices.Equal(got, []string{"POT"}) {
		t.Errorf("what is bought already is not recommended: %v", got)
	}
	if got := known.likeliest([]string{"HAT"}, 3); len(got) != 0 {
		t.Errorf("with a hat, of which nothing is known: %v", got)
	}
}

func TestOrdersOfLongAgoAreForgotten(t *testing.T) {
	known := newTaste()
	known.learn([]string{"TEA", "CUP"})
	for i := range ordersRemembered {
		known.learn([]string{fmt.Sprintf("A%d", i), fmt.Sprintf("B%d", i)})
	}
	if got := known.likeliest([]string{"TEA"}, 3); len(got) != 0 {
		t.Errorf("remembered: %v", got)
	}
	if len(known.together) != 2*ordersRemembered || len(known.latest) != ordersRemembered {
		t.Errorf("%d products of %d orders are kept", len(known.together), len(known.latest))
	}
}

func TestAnEventIdFollowsFromWhatItIsAbout(t *testing.T) {
	first, second := eventID(recommendedType, "1"), eventID(recommendedType, "2")
	if first == second || !uuidPattern.MatchString(first) || first[14] != '8' {
		t.Errorf("ids: %s, %s", first, second)
	}
}
