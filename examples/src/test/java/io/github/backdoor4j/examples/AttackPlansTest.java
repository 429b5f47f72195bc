package io.github.backdoor4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.eval.BenchmarkRunner;
import io.github.backdoor4j.eval.ResultRecord;
import io.github.backdoor4j.eval.RunListener;
import io.github.backdoor4j.eval.RunPlan;
import io.github.backdoor4j.eval.RunResult;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The plans in {@code examples/plans} do what the documentation says of them. */
@Tag("long")
class AttackPlansTest {

  @TempDir private Path out;

  @ParameterizedTest
  @ValueSource(strings = {"sig", "wanet"})
  void plan_backdoorsTheModel_andKeepsItsAccuracy(String name) throws IOException {
    Registries registries = Registries.load();
    String yaml = Repository.text("examples/plans/" + name + ".yaml");

    RunResult result =
        new BenchmarkRunner(registries, out, new RunListener() {}, false)
            .run(RunPlan.parse(yaml, registries));

    ResultRecord attacked = result.records().get(0);
    ResultRecord control = result.records().get(1);
    assertThat(attacked.spec().attack()).isEqualTo(name);
    assertThat(control.spec().control()).isTrue();
    assertThat(attacked.value("asr")).isGreaterThanOrEqualTo(0.8);
    assertThat(attacked.value("c_acc")).isGreaterThan(control.value("c_acc") - 0.05);
  }
}
