"""What a person reads of a trace: texts, span trees and waterfalls, bounded whatever the size of what is stored."""
