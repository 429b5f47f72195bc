package io.github.backdoor4j.eval;

import io.github.backdoor4j.eval.Summary.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What the self-test found of one attack.
 *
 * @param expected configuration and band
 * @param attacks one record per seed; empty if the attack could not run
 * @param controls records of the clean model with this attack's trigger, one per seed
 * @param problem why there are no records; empty if there are
 */
record AttackTestRow(
    AttackExpectation expected,
    List<ResultRecord> attacks,
    List<ResultRecord> controls,
    String problem) {

  AttackTestRow {
    attacks = List.copyOf(attacks);
    controls = List.copyOf(controls);
  }

  /** An attack that could not run. */
  static AttackTestRow without(AttackExpectation expected, String problem) {
    return new AttackTestRow(expected, List.of(), List.of(), problem);
  }

  Statistics metric(String name) {
    return over(attacks, record -> record.value(name));
  }

  /** Loss of clean accuracy against the clean model of the same seed. */
  Statistics loss() {
    List<Double> losses = new ArrayList<>();
    for (int i = 0; i < attacks.size(); i++) {
      losses.add(controls.get(i).value("c_acc") - attacks.get(i).value("c_acc"));
    }
    return Statistics.of(losses.stream().mapToDouble(loss -> loss));
  }

  /** Attack success rate of the clean model. */
  Statistics cleanAsr() {
    return over(controls, record -> record.value("asr"));
  }

  /** Visibility of the trigger in decibels. */
  Statistics psnr() {
    return over(attacks, r -> r.evidence().numbers().getOrDefault("trigger_psnr", Double.NaN));
  }

  Statistics seconds() {
    return over(attacks, ResultRecord::seconds);
  }

  private static Statistics over(List<ResultRecord> records, ToDoubleFunction<ResultRecord> of) {
    return Statistics.of(records.stream().mapToDouble(of));
  }

  /** What misses the band; empty if nothing does. */
  List<String> misses() {
    if (!problem.isEmpty()) {
      return List.of(problem);
    }
    List<String> misses = new ArrayList<>();
    if (metric("asr").mean() < expected.leastAsr()) {
      misses.add("ASR below " + whole(expected.leastAsr()) + " %");
    }
    if (loss().mean() > expected.largestLoss()) {
      misses.add("C-Acc loss above " + whole(expected.largestLoss()) + " points");
    }
    if (cleanAsr().mean() > expected.largestCleanAsr()) {
      misses.add("clean model's ASR above " + whole(expected.largestCleanAsr()) + " %");
    }
    return misses;
  }

  private static String whole(double share) {
    return ReportText.fixed(100 * share, 0);
  }
}
