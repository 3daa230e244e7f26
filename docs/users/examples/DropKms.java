package exchange;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.crypto.ParquetCryptoRuntimeException;
import org.apache.parquet.crypto.keytools.KmsClient;

/**
 * What Spark's Parquet writer asks to wrap a file's data key: RSA-OAEP for the exchange's public drop key.
 *
 * <p>The key comes in two properties, <code>exchange.drop.n</code> and <code>exchange.drop.e</code>: members
 * <code>n</code> and <code>e</code> of the JSON Web Key, as they stand there. Compiles with Java 8.
 */
public final class DropKms implements KmsClient {
  /** SHA-256 for the hash and for MGF1: "OAEPWithSHA-256AndMGF1Padding" alone would take SHA-1 for the second. */
  private static final OAEPParameterSpec OAEP =
      new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT);

  private PublicKey drop;

  @Override
  public void initialize(Configuration configuration, String instanceId, String instanceUrl, String accessToken) {
    try {
      RSAPublicKeySpec numbers =
          new RSAPublicKeySpec(number(configuration, "exchange.drop.n"), number(configuration, "exchange.drop.e"));
      drop = KeyFactory.getInstance("RSA").generatePublic(numbers);
    } catch (GeneralSecurityException error) {
      throw new ParquetCryptoRuntimeException("exchange.drop.n and exchange.drop.e are no RSA key", error);
    }
  }

  @Override
  public String wrapKey(byte[] dataKey, String keyId) {
    try {
      Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
      cipher.init(Cipher.ENCRYPT_MODE, drop, OAEP);
      return Base64.getEncoder().encodeToString(cipher.doFinal(dataKey));
    } catch (GeneralSecurityException error) {
      throw new ParquetCryptoRuntimeException("the data key could not be wrapped", error);
    }
  }

  @Override
  public byte[] unwrapKey(String wrapped, String keyId) {
    throw new UnsupportedOperationException("only the exchange can open what is sealed to it");
  }

  private static BigInteger number(Configuration configuration, String name) {
    String text = configuration.get(name);
    if (text == null) {
      throw new ParquetCryptoRuntimeException("the property " + name + " is missing");
    }
    return new BigInteger(1, Base64.getUrlDecoder().decode(text));
  }
}
