package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.eval.ResultRecord.Kind;
import io.github.backdoor4j.eval.Summary.Statistics;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class SummaryTest {

  @Test
  void statistics_ofFourNumbers_areThoseComputedByHand() {
    Statistics of = Statistics.of(DoubleStream.of(2, 4, 4, 6));

    assertThat(of.mean()).isEqualTo(4);
    assertThat(of.sd()).isEqualTo(Math.sqrt(8.0 / 3)); // 4 + 0 + 0 + 4 over n - 1
    assertThat(of.n()).isEqualTo(4);
    assertThat(of.values()).containsExactly(2.0, 4.0, 4.0, 6.0);
  }

  @Test
  void statistics_leaveOutWhatWasNotMeasured() {
    Statistics of = Statistics.of(DoubleStream.of(0.5, Double.NaN, 0.7));

    assertThat(of.n()).isEqualTo(2);
    assertThat(of.mean()).isCloseTo(0.6, within(1e-15));
    assertThat(of.sd()).isCloseTo(0.1 * Math.sqrt(2), within(1e-15));
  }

  @Test
  void statistics_ofOneNumber_haveNoSpread() {
    Statistics of = Statistics.of(DoubleStream.of(0.25));

    assertThat(of.mean()).isEqualTo(0.25);
    assertThat(of.sd()).isNaN();
  }

  @Test
  void statistics_ofNothing_areUndefined() {
    Statistics of = Statistics.of(DoubleStream.empty());

    assertThat(of.mean()).isNaN();
    assertThat(of.sd()).isNaN();
    assertThat(of.n()).isZero();
  }

  @Test
  void of_twoSeeds_joinsEachCellInOrderOfAppearance() {
    List<Summary.Row> rows = Summary.of(SampleRun.full(Path.of("out")).records());

    assertThat(rows).hasSize(2 + 2 * SampleRun.DEFENSES.size());
    assertThat(rows.get(0).kind()).isEqualTo(Kind.ATTACK);
    assertThat(rows.get(1).kind()).isEqualTo(Kind.CONTROL);
    assertThat(rows.get(2).spec().defense()).isEqualTo("fine-tuning");
    assertThat(rows.get(3).kind()).isEqualTo(Kind.CONTROL_DEFENSE);
    assertThat(rows).allSatisfy(row -> assertThat(row.records()).hasSize(2));
    Statistics accuracy = rows.get(0).after("c_acc"); // 0.8815 and 0.8775
    assertThat(accuracy.mean()).isCloseTo(0.8795, within(1e-12));
    assertThat(accuracy.sd()).isCloseTo(0.004 / Math.sqrt(2), within(1e-12));
    assertThat(rows.get(0).denominator("asr")).isEqualTo(1800);
  }

  @Test
  void of_recordsWithoutNumbers_keepsThemApart() {
    List<Summary.Row> rows = Summary.of(SampleRun.full(Path.of("out")).records());
    Summary.Row gate = rows.get(rows.size() - 1);

    assertThat(gate.measured()).isEmpty();
    assertThat(gate.missing())
        .extracting(ResultRecord::status)
        .containsExactly(ResultRecord.Status.NOT_APPLICABLE, ResultRecord.Status.FAILED);
    assertThat(gate.seconds().n()).isZero();
    assertThat(gate.after("c_acc").mean()).isNaN();
  }

  @Test
  void of_aRecordReadFromItsFile_joinsItsFreshSiblings() throws Exception {
    List<ResultRecord> records = SampleRun.full(Path.of("out")).records();
    ResultRecord first = Json.read(Json.write(records.get(0)), ResultRecord.class);
    ResultRecord second =
        records.stream()
            .filter(r -> r.kind() == Kind.ATTACK && r.spec().seed() == 1)
            .findFirst()
            .get();

    assertThat(Summary.of(List.of(first, second))).hasSize(1);
  }

  @Test
  void of_anotherOption_isAnotherRow() {
    ResultRecord one = SampleRun.defense("strip", false, 0);
    ResultRecord.CellSpec spec = one.spec();
    ResultRecord.CellSpec other =
        new ResultRecord.CellSpec(
            spec.dataset(),
            spec.datasetOptions(),
            spec.trainingHash(),
            spec.testHash(),
            spec.model(),
            spec.modelOptions(),
            spec.training(),
            spec.attack(),
            spec.attackOptions(),
            spec.defense(),
            SampleRun.object("overlays", 65),
            spec.control(),
            1,
            spec.settings(),
            spec.code(),
            spec.engine());
    ResultRecord two =
        SampleRun.record(
            Kind.DEFENSE, other, List.of(), List.of(), one.evidence(), one.history(), 1);

    assertThat(Summary.of(List.of(one, two))).hasSize(2);
  }
}
