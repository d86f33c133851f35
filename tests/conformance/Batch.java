import org.mustangproject.validator.ZUGFeRDValidator;

/** Validates many files with Mustang in one process: a line "=== path", then Mustang's report, for each. */
public class Batch {
    public static void main(String[] paths) {
        for (String path : paths) {
            ZUGFeRDValidator validator = new ZUGFeRDValidator();
            validator.disableNotices();
            String report = validator.validate(path);
            System.out.println("=== " + path);
            System.out.println(report);
        }
    }
}
