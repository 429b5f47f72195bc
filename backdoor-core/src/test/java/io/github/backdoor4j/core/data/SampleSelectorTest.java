package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.tensor.Seed;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SampleSelectorTest {

  private static final long[] ELIGIBLE = LongStream.range(0, 20).map(i -> 100 + 3 * i).toArray();

  @Test
  void uniform_choosesDifferentEligibleRows_ascending() {
    for (int count = 0; count <= ELIGIBLE.length; count++) {
      long[] rows = SampleSelector.uniform().select(ELIGIBLE, count, new Seed(count));
      assertThat(rows).hasSize(count).isSorted().doesNotHaveDuplicates();
      assertThat(LongStream.of(rows)).isSubsetOf(LongStream.of(ELIGIBLE).boxed().toList());
    }
  }

  @Test
  void uniform_choosesEachRowEquallyOften() {
    int[] chosen = new int[ELIGIBLE.length];
    for (int seed = 0; seed < 2000; seed++) {
      for (long row : SampleSelector.uniform().select(ELIGIBLE, 5, new Seed(seed))) {
        chosen[(int) (row - 100) / 3]++;
      }
    }
    for (int count : chosen) {
      assertThat(count).isBetween(400, 600); // 500 ± 19
    }
  }
}
