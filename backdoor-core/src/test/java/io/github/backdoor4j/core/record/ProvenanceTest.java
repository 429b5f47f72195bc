package io.github.backdoor4j.core.record;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import org.junit.jupiter.api.Test;

class ProvenanceTest {

  @Test
  void current_saysWhatIsRunning() throws JsonProcessingException {
    Provenance here = Provenance.current(ComputeDevice.CPU);

    assertThat(here.version()).matches("\\d+\\.\\d+\\.\\d+.*");
    assertThat(here.commit()).matches("unknown|[0-9a-f]{7,40}.*");
    assertThat(here.engine()).contains("2.10");
    assertThat(here.device()).isEqualTo("cpu");
    assertThat(here.threads()).isPositive();
    assertThat(here.java()).contains(System.getProperty("java.version"));
    assertThat(here.os()).contains(System.getProperty("os.arch"));
    assertThat(Json.read(Json.write(here), Provenance.class)).isEqualTo(here);
  }
}
