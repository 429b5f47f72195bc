package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.Safetensors;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.TrainingListener;
import io.github.backdoor4j.testkit.OneThread;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(OneThread.class)
final class BenchmarkRunnerTest {

  @TempDir Path temporary;
  private Registries registries;

  @BeforeEach
  void loadToys() throws IOException {
    registries = Toys.registries(temporary.resolve("services"));
  }

  private RunResult run(String folder, RunPlan plan) {
    return run(folder, plan, new RunListener() {}, false);
  }

  private RunResult run(String folder, RunPlan plan, RunListener listener, boolean fresh) {
    return new BenchmarkRunner(registries, temporary.resolve(folder), listener, fresh).run(plan);
  }

  private static ResultRecord of(RunResult result, ResultRecord.Kind kind, String defense) {
    return result.records().stream()
        .filter(r -> r.kind() == kind && r.spec().defense().equals(defense))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void run_withEveryKindOfDefense_measuresWhatAppliesToEach() {
    RunResult result =
        run(
            "out",
            Toys.plan(
                List.of(0L),
                true,
                "toy-tuning",
                "toy-brightness",
                "toy-filter",
                "toy-guilty",
                "toy-innocent"));

    assertThat(result.records()).hasSize(12).allMatch(r -> r.status() == ResultRecord.Status.OK);
    ResultRecord attack = of(result, ResultRecord.Kind.ATTACK, "");
    assertThat(attack.value("c_acc")).isGreaterThan(0.9);
    assertThat(attack.value("asr")).isGreaterThan(0.9);
    assertThat(attack.evidence().numbers()).containsEntry("poisoned_images", 60.0);
    assertThat(attack.evidence().figures()).hasSize(3);
    assertThat(attack.history().epochs()).hasSize(4);
    assertThat(attack.history().epochs().get(3).means()).containsKeys("loss", "c_acc", "asr");

    ResultRecord control = of(result, ResultRecord.Kind.CONTROL, "");
    assertThat(control.value("asr")).isLessThan(0.2); // no backdoor: the patch does nothing

    ResultRecord tuning = of(result, ResultRecord.Kind.DEFENSE, "toy-tuning");
    assertThat(tuning.valueBefore("asr")).isEqualTo(attack.value("asr"));
    assertThat(tuning.value("der"))
        .isEqualTo(
            (Math.max(0, attack.value("asr") - tuning.value("asr"))
                    - Math.max(0, attack.value("c_acc") - tuning.value("c_acc"))
                    + 1)
                / 2);

    ResultRecord brightness = of(result, ResultRecord.Kind.DEFENSE, "toy-brightness");
    assertThat(brightness.value("tpr")).isEqualTo(1); // the toy knows the truth
    assertThat(brightness.value("fpr")).isZero();
    assertThat(brightness.value("auroc")).isEqualTo(1);
    assertThat(brightness.value("der")).isEqualTo(0.5); // it made no model: nothing changed
    ResultRecord clean = of(result, ResultRecord.Kind.CONTROL_DEFENSE, "toy-brightness");
    assertThat(clean.value("tpr")).isNaN(); // nothing is poisoned
    assertThat(clean.value("fpr")).isZero();

    ResultRecord filter = of(result, ResultRecord.Kind.DEFENSE, "toy-filter");
    assertThat(filter.value("auroc")).isEqualTo(1);
    assertThat(filter.value("c_acc")).isNaN(); // a filter leaves no model
    assertThat(of(result, ResultRecord.Kind.DEFENSE, "toy-guilty").value("verdict_right"))
        .isEqualTo(1);
    assertThat(of(result, ResultRecord.Kind.CONTROL_DEFENSE, "toy-guilty").value("verdict_right"))
        .isZero();
    assertThat(of(result, ResultRecord.Kind.DEFENSE, "toy-innocent").value("der")).isEqualTo(0.5);
  }

  /** Seconds and passes of a defense that was stopped in between would be those of its rest. */
  @Test
  void effortOfADefenseThatGoesOn_isNotRecorded() throws IOException {
    RunPlan plan = Toys.plan(List.of(0L), false, "toy-tuning");
    RunResult first = run("out", plan);
    ResultRecord whole = of(first, ResultRecord.Kind.DEFENSE, "toy-tuning");
    assertThat(whole.evidence().numbers()).containsKeys("forward_passes", "defense_seconds");
    Path cell = first.folder().resolve("cells").resolve(whole.key());
    Files.delete(cell.resolve("record.json"));
    Path checkpoints = Files.createDirectories(cell.resolve("checkpoints"));
    Files.createFile(checkpoints.resolve("earlier-part.checkpoint.safetensors"));

    ResultRecord rest = of(run("out", plan), ResultRecord.Kind.DEFENSE, "toy-tuning");

    assertThat(rest.value("c_acc")).isEqualTo(whole.value("c_acc"));
    assertThat(rest.evidence().numbers()).doesNotContainKeys("forward_passes", "defense_seconds");
  }

  @Test
  void cleanImagesOfADefender_areRecorded_theSameForAllDefensesOfASeed() {
    RunResult result = run("out", Toys.plan(List.of(0L, 1L), false, "toy-tuning", "toy-guilty"));
    int training = 600;

    List<List<Long>> drawn =
        result.records().stream()
            .filter(r -> r.kind() == ResultRecord.Kind.DEFENSE)
            .sorted(Comparator.comparingLong(r -> r.spec().seed()))
            .map(r -> holdout(result.folder().resolve("cells").resolve(r.key())))
            .toList();

    assertThat(drawn).hasSize(4);
    assertThat(drawn.get(0))
        .hasSize((int) (training * Toys.plan(List.of(0L), false).holdoutRatio()))
        .doesNotHaveDuplicates()
        .allMatch(row -> row >= 0 && row < training)
        .isEqualTo(drawn.get(1))
        .isNotEqualTo(drawn.get(2));
    assertThat(drawn.get(2)).isEqualTo(drawn.get(3));
  }

  @Test
  void holdoutRuleOfTheBenchmark_drawsWhatPythonDraws() {
    RunPlan plan = Toys.withHoldoutOfTheBenchmark(Toys.plan(List.of(1L), false, "toy-tuning"));

    RunResult result = run("out", plan);

    ResultRecord record =
        result.records().stream()
            .filter(r -> r.kind() == ResultRecord.Kind.DEFENSE)
            .findFirst()
            .orElseThrow();
    // random.seed(1); random.sample(range(600), 60)
    assertThat(holdout(result.folder().resolve("cells").resolve(record.key())))
        .hasSize(60)
        .startsWith(137L, 582L, 64L, 261L, 120L, 507L, 460L, 483L);
    assertThat(record.spec().settings().path("holdout_rule").asText()).isEqualTo("benchmark");
  }

  private static List<Long> holdout(Path cell) {
    Safetensors file = Safetensors.read(cell.resolve("holdout.safetensors"));
    return Arrays.stream(Tensors.toLongs(file.tensors().get("rows"))).boxed().toList();
  }

  @Test
  void run_again_findsEverythingAndComputesNothing() {
    RunPlan plan = Toys.plan(List.of(0L), true, "toy-tuning");
    RunResult first = run("out", plan);
    List<Boolean> found = new ArrayList<>();

    RunResult second =
        run(
            "out",
            plan,
            new RunListener() {
              @Override
              public void onRecord(ResultRecord result, boolean wasThere) {
                found.add(wasThere);
              }
            },
            false);

    assertThat(found).hasSize(4).containsOnly(true);
    assertThat(Json.write(second.records())).isEqualTo(Json.write(first.records()));
  }

  @Test
  void run_madeAnew_givesTheSameNumbers_andOtherSeedsGiveOthers() {
    RunResult first = run("one", Toys.plan(List.of(0L), true, "toy-tuning"));
    RunResult second = run("two", Toys.plan(List.of(0L), true, "toy-tuning"));
    RunResult third =
        run("one", Toys.plan(List.of(0L), true, "toy-tuning"), new RunListener() {}, true);
    RunResult other = run("one", Toys.plan(List.of(1L), true, "toy-tuning"));

    assertThat(Toys.numbers(second)).isEqualTo(Toys.numbers(first));
    assertThat(Toys.numbers(third)).isEqualTo(Toys.numbers(first));
    assertThat(other.records().get(0).history().curve("loss"))
        .isNotEqualTo(first.records().get(0).history().curve("loss"));
  }

  @Test
  void run_killedInAttackOrDefense_goesOnAndEndsWithTheSameNumbers() {
    RunPlan plan = Toys.plan(List.of(0L), true, "toy-tuning");
    String undisturbed = Toys.numbers(run("calm", plan));

    for (int cell : new int[] {1, 2, 3}) { // the attack, the control, the defense
      assertThatThrownBy(() -> run("killed", plan, new KillIn(cell), false))
          .isInstanceOf(KillIn.Killed.class);
    }

    assertThat(Toys.numbers(run("killed", plan))).isEqualTo(undisturbed);
  }

  /** Ends the run like a signal would: in the middle of the third epoch of one cell. */
  private static final class KillIn implements RunListener, TrainingListener {
    static final class Killed extends Error {
      private static final long serialVersionUID = 1L;
    }

    private final int cell;
    private int current;

    KillIn(int cell) {
      this.cell = cell;
    }

    @Override
    public void onCell(int position, int total, String title) {
      current = position;
    }

    @Override
    public TrainingListener trainings() {
      return this;
    }

    @Override
    public void onStep(int epoch, int step) {
      if (current == cell && epoch == 2 && step == 2) {
        throw new Killed();
      }
    }
  }

  @Test
  void run_withADefenseThatCannotActOrBreaks_recordsTheReasonAndGoesOn() {
    RunPlan plan = Toys.plan(List.of(0L), false, "toy-inapplicable", "toy-broken", "toy-innocent");
    Toys.Broken.tries = 0;

    RunResult result = run("out", plan);

    assertThat(result.records())
        .extracting(ResultRecord::status)
        .containsExactly(
            ResultRecord.Status.OK,
            ResultRecord.Status.NOT_APPLICABLE,
            ResultRecord.Status.FAILED,
            ResultRecord.Status.OK);
    assertThat(result.records().get(1).reason()).isEqualTo("toys have no batch norm");
    assertThat(result.records().get(2).reason()).isEqualTo("toy broke");
    assertThat(result.failed()).isTrue();

    run("out", plan);
    assertThat(Toys.Broken.tries).isEqualTo(2); // what broke is tried again
  }

  @Test
  void run_withMisspeltOption_failsBeforeAnyWork() {
    RunPlan plan = Toys.plan(List.of(0L), false);
    RunPlan wrong =
        new RunPlan(
            plan.preset(),
            plan.dataset(),
            "",
            plan.model(),
            plan.training(),
            new MethodChoice("toy-patch", Json.mapper().createObjectNode().put("ration", 0.2)),
            List.of(),
            plan.seeds(),
            0.1,
            HoldoutRule.SEEDED,
            1,
            0,
            false,
            "cpu");

    assertThatThrownBy(() -> run("never", wrong))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("attack 'toy-patch' has no option 'ration'")
        .hasMessageContaining("ratio");
    assertThat(temporary.resolve("never")).doesNotExist();
  }

  @Test
  void run_withARatioThatPoisonsNothing_isNotApplicable() {
    RunPlan plan = Toys.plan(List.of(0L), false);
    RunPlan tiny =
        new RunPlan(
            plan.preset(),
            plan.dataset(),
            "",
            plan.model(),
            plan.training(),
            new MethodChoice("toy-patch", Json.mapper().createObjectNode().put("ratio", 1e-5)),
            List.of(),
            plan.seeds(),
            0.1,
            HoldoutRule.SEEDED,
            1,
            0,
            false,
            "cpu");

    assertThatThrownBy(() -> run("out", tiny)).isInstanceOf(NotApplicableException.class);
  }

  @Test
  void run_overACorruptRecord_namesTheFileAndTheRemedy() throws IOException {
    RunPlan plan = Toys.plan(List.of(0L), false);
    RunResult result = run("out", plan);
    Path file =
        RecordStore.open(result.folder())
            .folder(result.records().get(0).key())
            .resolve("record.json");
    Files.writeString(file, Files.readString(file).substring(0, 100));

    assertThatThrownBy(() -> run("out", plan))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("Delete its folder");
  }

  @Test
  void run_inAFolderThatIsAFile_isRefused() throws IOException {
    Files.writeString(temporary.resolve("file"), "");

    assertThatThrownBy(() -> run("file/below", Toys.plan(List.of(0L), false)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("cannot be written");
  }

  @Test
  void run_whileAnotherWritesThere_isRefused() throws IOException {
    Path out = Files.createDirectories(temporary.resolve("busy"));
    try (FileChannel channel =
            FileChannel.open(
                out.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var lock = channel.lock()) {
      assertThat(lock.isValid()).isTrue();
      assertThatThrownBy(() -> run("busy", Toys.plan(List.of(0L), false)))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("another run is writing");
    }
  }

  @Test
  void weights_ofABackdooredModel_sayThatTheyAre() throws IOException {
    RunResult result = run("out", Toys.plan(List.of(0L), true));
    Path cells = result.folder().resolve("cells");

    assertThat(
            Safetensors.metadata(
                cells.resolve(result.records().get(0).key()).resolve("model.safetensors")))
        .hasEntrySatisfying("warning", text -> assertThat(text).startsWith("BACKDOORED"))
        .containsEntry("architecture", "toy-network")
        .containsEntry("attack", "toy-patch");
    assertThat(Safetensors.metadata(cleanModels("out").get(0).resolve("model.safetensors")))
        .containsEntry("architecture", "toy-network")
        .doesNotContainKeys("warning", "attack");
  }

  private List<Path> cleanModels(String folder) throws IOException {
    try (Stream<Path> shared = Files.list(temporary.resolve(folder).resolve("shared"))) {
      return shared
          .filter(path -> String.valueOf(path.getFileName()).startsWith("clean-model-"))
          .toList();
    }
  }

  @Test
  void cleanModel_isTrainedOnceForAllAttacksOfASeed() throws IOException {
    List<String> trained = new ArrayList<>();
    RunListener listener =
        new RunListener() {
          @Override
          public TrainingListener trainings() {
            return new TrainingListener() {
              @Override
              public void onStart(String purpose, int first, int epochs, int steps) {
                trained.add(purpose);
              }
            };
          }
        };

    RunResult learned = run("out", Toys.learnedPlan(List.of(0L)), listener, false);
    RunResult patch = run("out", Toys.plan(List.of(0L), true), listener, false);

    assertThat(trained).containsExactly("clean model", "victim", "victim");
    assertThat(cleanModels("out")).hasSize(1);
    ResultRecord first = of(learned, ResultRecord.Kind.CONTROL, "");
    ResultRecord second = of(patch, ResultRecord.Kind.CONTROL, "");
    assertThat(second.value("c_acc")).isEqualTo(first.value("c_acc"));
    assertThat(second.history()).isEqualTo(first.history());
    assertThat(second.key()).isNotEqualTo(first.key());
    double training = first.history().epochs().stream().mapToDouble(e -> e.seconds()).sum();
    assertThat(second.seconds()).as("the cost counts for each control").isGreaterThan(training);
  }

  @Test
  void cleanModel_brokenHistory_isRefusedByName() throws IOException {
    run("out", Toys.plan(List.of(0L), true));
    Path history = cleanModels("out").get(0).resolve("history.json");
    Files.writeString(history, "{");

    assertThatThrownBy(() -> run("out", Toys.learnedPlan(List.of(0L))))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("history.json");
  }

  @Test
  void attackWithCover_isLoadedWithItsCover() {
    RunPlan plan = Toys.learnedPlan(List.of(0L));
    RunResult first = run("out", plan);
    RunResult second = run("out", plan);
    Path cell =
        RecordStore.open(first.folder()).folder(of(first, ResultRecord.Kind.ATTACK, "").key());

    assertThat(second.records())
        .extracting(ResultRecord::key, ResultRecord::seconds)
        .isEqualTo(first.records().stream().map(r -> tuple(r.key(), r.seconds())).toList());
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> cover = Safetensors.read(cell.resolve("cover.safetensors")).tensors();
      assertThat(Objects.requireNonNull(cover.get("rows")).size(0)).isEqualTo(30);
    }
  }

  @Test
  void learntTrigger_isRestoredFromTheRecord() {
    RunResult result = run("out", Toys.learnedPlan(List.of(0L)));
    RecordedAttack recorded = RecordedAttack.find(result.folder());
    Path cell = RecordStore.open(result.folder()).folder(recorded.result().key());
    try (TensorScope scope = TensorScope.open()) {
      Tensor triggered =
          Objects.requireNonNull(
              Safetensors.read(cell.resolve("triggered.safetensors")).tensors().get("images"));
      ImageShape shape = recorded.data().shape();
      Stamper stamper = new Stamper(registries.attacks().get("toy-learned"), recorded);

      // stamping a second time changes nothing: the column is white already
      byte[] image = Tensors.toBytes(triggered.select(0, 5));
      assertThat(stamper.stamp(image, shape, 0)).isEqualTo(image);
      byte[] black = new byte[image.length];
      assertThat(stamper.stamp(black, shape, 0)).isNotEqualTo(black);
    }
    assertThat(RecordedAttack.find(cell).result().key()).isEqualTo(recorded.result().key());
  }

  @Test
  void learntTrigger_withoutRecord_namesTheWayToGetOne() {
    Stamper stamper =
        new Stamper(
            registries.attacks().get("toy-learned"), MethodChoice.of("toy-learned"), new Seed(0));

    try (TensorScope scope = TensorScope.open()) {
      assertThatThrownBy(() -> stamper.stamp(new byte[3 * 16 * 16], new ImageShape(3, 16, 16), 0))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining("--record");
    }
  }

  @Test
  void recordedAttack_amongSeveral_mustBeNamed() {
    run("out", Toys.plan(List.of(0L, 1L), false));

    assertThatThrownBy(() -> RecordedAttack.find(temporary.resolve("out")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("2 attacks")
        .hasMessageContaining("seed 1");
  }

  @Test
  void store_all_readsWhatTheRunWrote() {
    RunResult result = run("out", Toys.plan(List.of(0L, 1L), true, "toy-innocent"));

    List<ResultRecord> read = RecordStore.open(result.folder()).all();

    assertThat(read)
        .extracting(ResultRecord::key)
        .containsExactlyInAnyOrderElementsOf(
            result.records().stream().map(ResultRecord::key).toList());
    assertThat(read).doesNotHaveDuplicates().hasSize(8);
  }
}
