package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.Seed;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ReflectionDrawTest {

  private static final int DRAWS = 4000;

  private static List<ReflectionDraw> draws(double ghostRate, double alpha) {
    return LongStream.range(0, DRAWS)
        .mapToObj(index -> ReflectionDraw.of(new Seed(3), index, 7, ghostRate, alpha))
        .toList();
  }

  private static double mean(List<ReflectionDraw> draws, ToDoubleFunction<ReflectionDraw> value) {
    return draws.stream().mapToDouble(value).average().orElseThrow();
  }

  private static void assertFills(
      List<ReflectionDraw> draws, ToDoubleFunction<ReflectionDraw> value, double low, double high) {
    double margin = (high - low) * 0.01;
    assertThat(draws.stream().mapToDouble(value).min().orElseThrow()).isBetween(low, low + margin);
    assertThat(draws.stream().mapToDouble(value).max().orElseThrow())
        .isBetween(high - margin, high);
  }

  @Test
  void draws_fillTheRangesOfTheAuthors() {
    List<ReflectionDraw> draws = draws(0.49, 0);

    assertFills(draws, ReflectionDraw::down, 3, 8);
    assertFills(draws, ReflectionDraw::right, 3, 8);
    assertFills(draws, ReflectionDraw::sigma, 1, 5);
    assertFills(draws, ReflectionDraw::attenuation, 1.08, 1.18);
    assertFills(draws, ReflectionDraw::alpha, 0.55, 0.95);
    assertFills(draws, ReflectionDraw::reflection, 0, 6);
    assertFills(draws, ReflectionDraw::first, 0.15, 0.85);
    assertThat(mean(draws, draw -> draw.ghost() ? 1 : 0)).isEqualTo(0.49, within(0.03));
    // as often the nearer as the farther picture weighs less
    assertThat(mean(draws, draw -> draw.first() < 0.5 ? 1 : 0)).isEqualTo(0.5, within(0.03));
  }

  @Test
  void draws_withAlphaGiven_keepAllElse() {
    List<ReflectionDraw> free = draws(0.49, 0);
    List<ReflectionDraw> given = draws(0.49, 0.4);

    for (int i = 0; i < DRAWS; i++) {
      ReflectionDraw draw = free.get(i);
      assertThat(given.get(i))
          .isEqualTo(
              new ReflectionDraw(
                  draw.reflection(),
                  0.4,
                  draw.ghost(),
                  draw.down(),
                  draw.right(),
                  draw.first(),
                  draw.sigma(),
                  draw.attenuation()));
    }
  }

  @Test
  void draw_dependsOnSeedAndIndexAlone() {
    ReflectionDraw draw = ReflectionDraw.of(new Seed(3), 17, 7, 0.49, 0.4);

    assertThat(ReflectionDraw.of(new Seed(3), 17, 7, 0.49, 0.4)).isEqualTo(draw);
    assertThat(ReflectionDraw.of(new Seed(3), 18, 7, 0.49, 0.4)).isNotEqualTo(draw);
    assertThat(ReflectionDraw.of(new Seed(4), 17, 7, 0.49, 0.4)).isNotEqualTo(draw);
  }

  @Test
  void ghostRate_zeroAndOne_leaveOneKind() {
    assertThat(draws(0, 0.4)).noneMatch(ReflectionDraw::ghost);
    assertThat(draws(1, 0.4)).allMatch(ReflectionDraw::ghost);
  }
}
