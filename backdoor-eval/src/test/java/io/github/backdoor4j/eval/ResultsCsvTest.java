package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.eval.ResultRecord.CellSpec;
import io.github.backdoor4j.eval.ResultRecord.Kind;
import io.github.backdoor4j.eval.ResultRecord.Status;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResultsCsvTest {

  private static final String HEADER =
      "attack,defense,dataset,model,poison_ratio,seed,c_acc,asr,r_acc,der,rir,seconds,"
          + "peak_memory_mb,kind,status,reason,c_acc_before,asr_before,r_acc_before,tpr,fpr,"
          + "precision,recall,f1,auroc,verdict,verdict_score,fidelity,access,oracle,key,n_clean,n_triggered";

  private final Locale before = Locale.getDefault();

  @AfterEach
  void restoreLocale() {
    Locale.setDefault(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"en-US", "de-DE", "ar-EG"})
  void write_inAnyLocale_givesTheGoldenLines(String language, @TempDir Path folder)
      throws Exception {
    Locale.setDefault(Locale.forLanguageTag(language));
    Path file = folder.resolve("results.csv");

    ResultsCsv.write(List.of(attack(), detector()), file);

    assertThat(Files.readString(file, StandardCharsets.UTF_8))
        .isEqualTo(
            HEADER
                + "\n"
                + "badnets,,fashion-mnist,preact-resnet18,0.1,7,0.8811111111111111,1.0,0.0,,,"
                + "1234.5,1432.5,attack,ok,,,,,,,,,,,,,paper,,,k1,2000,1800\n"
                + "badnets,strip,fashion-mnist,preact-resnet18,0.1,7,,,,,,0.25,1432.5,defense,ok,,"
                + "0.8811111111111111,1.0,0.0,0.5,1.0E-4,,0.5,,0.9999999999999999,,,paper,,false,k2,"
                + "2000,1800\n");
  }

  @Test
  void write_reasonsWithDelimiters_areReadBackAsTheyWere() throws Exception {
    String reason = "needs \"layer4\", a name\nof this network; not 'l4'";
    ResultRecord ok = detector();
    ResultRecord broken =
        new ResultRecord(
            1,
            "k3",
            Kind.DEFENSE,
            ok.spec(),
            Status.NOT_APPLICABLE,
            reason,
            List.of(),
            List.of(),
            Evidence.NONE,
            ok.history(),
            0,
            0,
            ok.provenance());

    CSVRecord line = parse(ResultsCsv.text(List.of(broken)));

    assertThat(line.get("reason")).isEqualTo(reason);
    assertThat(line.get("status")).isEqualTo("not-applicable");
    assertThat(line.get("c_acc")).isEmpty();
    assertThat(line.get("n_clean")).isEmpty();
  }

  @Test
  void write_metricsOfOutsiders_comeLast() throws Exception {
    ResultRecord ok = detector();
    List<Measurement> after = List.of(new Measurement("acme.ssim", 0.97, 100));
    ResultRecord extended =
        SampleRun.record(Kind.DEFENSE, ok.spec(), List.of(), after, Evidence.NONE, ok.history(), 1);

    String text = ResultsCsv.text(List.of(ok, extended));

    assertThat(text.lines().findFirst().get()).isEqualTo(HEADER + ",acme.ssim");
    assertThat(text.lines().toList().get(1)).endsWith(",2000,1800,");
    assertThat(text.lines().toList().get(2)).endsWith(",0.97");
  }

  @Test
  void write_withoutARatio_leavesItEmpty() throws Exception {
    CellSpec spec = detector().spec();
    CellSpec bare =
        new CellSpec(
            spec.dataset(),
            spec.datasetOptions(),
            spec.trainingHash(),
            spec.testHash(),
            spec.model(),
            spec.modelOptions(),
            spec.training(),
            spec.attack(),
            SampleRun.object(),
            spec.defense(),
            SampleRun.object(),
            false,
            7,
            spec.settings(),
            spec.code(),
            spec.engine());
    ResultRecord record =
        SampleRun.record(
            Kind.DEFENSE, bare, List.of(), List.of(), Evidence.NONE, SampleRun.none(), 1);

    CSVRecord line = parse(ResultsCsv.text(List.of(record)));

    assertThat(line.get("poison_ratio")).isEmpty();
    assertThat(line.get("fidelity")).isEmpty();
  }

  private static CSVRecord parse(String text) throws Exception {
    CSVFormat format = CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get();
    try (var parser = format.parse(new StringReader(text))) {
      return parser.getRecords().get(0);
    }
  }

  private static ResultRecord attack() {
    return named("k1", Kind.ATTACK, SampleRun.spec("", false, 7), List.of(), model(), 1234.5);
  }

  private static ResultRecord detector() {
    List<Measurement> after =
        List.of(
            new Measurement("tpr", 0.5, 2),
            new Measurement("fpr", 1e-4, 10_000),
            new Measurement("precision", Double.NaN, 0),
            new Measurement("recall", 0.5, 2),
            new Measurement("auroc", 0.9999999999999999, 20_000));
    return named("k2", Kind.DEFENSE, SampleRun.spec("strip", false, 7), model(), after, 0.25);
  }

  private static List<Measurement> model() {
    return List.of(
        new Measurement("c_acc", 0.8811111111111111, 2000),
        new Measurement("asr", 1, 1800),
        new Measurement("r_acc", 0, 1800));
  }

  private static ResultRecord named(
      String key,
      Kind kind,
      CellSpec spec,
      List<Measurement> before,
      List<Measurement> after,
      double seconds) {
    ResultRecord r =
        SampleRun.record(kind, spec, before, after, Evidence.NONE, SampleRun.none(), seconds);
    return new ResultRecord(
        r.schema(),
        key,
        kind,
        spec,
        r.status(),
        "",
        before,
        after,
        r.evidence(),
        r.history(),
        seconds,
        r.peakMemoryMb(),
        r.provenance());
  }
}
