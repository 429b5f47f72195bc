package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelRuleTest {

  private static LabelRule rule(String name, int constant) {
    return switch (name) {
      case "all-to-one" -> new LabelRule.AllToOne(constant);
      case "all-to-all" -> new LabelRule.AllToAll(constant);
      case "source-specific" -> new LabelRule.SourceSpecific(List.of(3, 5), constant);
      default -> new LabelRule.CleanLabel(constant);
    };
  }

  @ParameterizedTest(name = "{0}({1}), label {2} of {3}")
  @CsvSource({
    // rule, constant, label, classes, training label, attack label, may poison, counts
    "all-to-one, 0, 0, 10, 0, 0, true, false",
    "all-to-one, 0, 9, 10, 0, 0, true, true",
    "all-to-one, 7, 7, 10, 7, 7, true, false",
    "all-to-one, 7, 3, 10, 7, 7, true, true",
    "all-to-all, 1, 0, 10, 1, 1, true, true",
    "all-to-all, 1, 9, 10, 0, 0, true, true",
    "all-to-all, 3, 8, 10, 1, 1, true, true",
    "all-to-all, 1, 42, 43, 0, 0, true, true",
    "all-to-all, 13, 9, 10, 2, 2, true, true",
    "source-specific, 0, 3, 10, 0, 0, true, true",
    "source-specific, 0, 5, 10, 0, 0, true, true",
    "source-specific, 0, 4, 10, 0, 0, false, false",
    "source-specific, 0, 0, 10, 0, 0, false, false",
    "clean-label, 0, 0, 10, 0, 0, true, false",
    "clean-label, 0, 4, 10, 4, 0, false, true",
    "clean-label, 4, 4, 10, 4, 4, true, false",
    "clean-label, 4, 0, 10, 0, 4, false, true",
  })
  void rule_treatsALabelAsTheFieldDoes(
      String name,
      int constant,
      long label,
      int classes,
      long training,
      long attack,
      boolean mayPoison,
      boolean counts) {
    LabelRule rule = rule(name, constant);

    assertThat(rule.trainingLabel(label, classes)).isEqualTo(training);
    assertThat(rule.attackLabel(label, classes)).isEqualTo(attack);
    assertThat(rule.mayPoison(label)).isEqualTo(mayPoison);
    assertThat(rule.countsForAttack(label)).isEqualTo(counts);
  }

  @Test
  void allToAll_permutesTheClasses_whateverTheirNumber() {
    for (int classes = 2; classes <= 200; classes++) {
      for (int shift : new int[] {1, classes - 1, classes + 1}) {
        LabelRule rule = new LabelRule.AllToAll(shift);
        rule.check(classes);
        int k = classes;
        LongUnaryOperator training = label -> rule.trainingLabel(label, k);
        assertThat(LongStream.range(0, classes).map(training).distinct().count())
            .isEqualTo(classes);
        assertThat(LongStream.range(0, classes))
            .allMatch(y -> training.applyAsLong(y) != y)
            .allMatch(y -> training.applyAsLong(y) >= 0 && training.applyAsLong(y) < k)
            .allMatch(y -> rule.attackLabel(y, k) == training.applyAsLong(y));
      }
    }
  }

  @Test
  void targetedRules_aimAtTheTargetOnly_whateverTheNumberOfClasses() {
    for (int classes = 2; classes <= 200; classes++) {
      int k = classes;
      for (int target : new int[] {0, classes / 2, classes - 1}) {
        for (LabelRule rule :
            new LabelRule[] {new LabelRule.AllToOne(target), new LabelRule.CleanLabel(target)}) {
          rule.check(classes);
          assertThat(LongStream.range(0, classes))
              .allMatch(y -> rule.attackLabel(y, k) == target)
              .allMatch(y -> rule.countsForAttack(y) == (y != target));
        }
        LabelRule clean = new LabelRule.CleanLabel(target);
        assertThat(LongStream.range(0, classes))
            .allMatch(y -> clean.trainingLabel(y, k) == y)
            .allMatch(y -> clean.mayPoison(y) == (y == target));
      }
    }
  }

  @Test
  void check_refusesATargetThatIsNoClass() {
    for (String name : new String[] {"all-to-one", "clean-label"}) {
      assertThatCode(() -> rule(name, 9).check(10)).doesNotThrowAnyException();
      assertThatThrownBy(() -> rule(name, 10).check(10))
          .isInstanceOf(UsageException.class)
          .hasMessageContainingAll("target 10", "0 to 9");
      assertThatThrownBy(() -> rule(name, -1))
          .isInstanceOf(UsageException.class)
          .hasMessageContainingAll("target", "-1");
    }
  }

  @Test
  void check_refusesAShiftThatChangesNothing() {
    assertThatThrownBy(() -> new LabelRule.AllToAll(0)).isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> new LabelRule.AllToAll(20).check(10))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("shift 20", "10 classes");
  }

  @Test
  void labelMode_makesTheRule() {
    assertThat(LabelMode.ALL_TO_ONE.rule(4)).isEqualTo(new LabelRule.AllToOne(4));
    assertThat(LabelMode.ALL_TO_ALL.rule(4)).isEqualTo(new LabelRule.AllToAll(1));
  }

  @Test
  void sourceSpecific_wrongSources_areRefused() {
    assertThatThrownBy(() -> new LabelRule.SourceSpecific(List.of(), 0))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("at least one");
    assertThatThrownBy(() -> new LabelRule.SourceSpecific(List.of(1, 0), 0))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("source 0 is the target");
    assertThatThrownBy(() -> new LabelRule.SourceSpecific(List.of(10), 0).check(10))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("source 10 is no class");
  }

  @Test
  void modes_withSources_makeTheSourceSpecificRule() {
    assertThat(LabelMode.ALL_TO_ONE.rule(2, List.of())).isEqualTo(new LabelRule.AllToOne(2));
    assertThat(LabelMode.ALL_TO_ONE.rule(2, List.of(4)))
        .isEqualTo(new LabelRule.SourceSpecific(List.of(4), 2));
    assertThatThrownBy(() -> LabelMode.ALL_TO_ALL.rule(2, List.of(4)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("all-to-one only");
  }
}
